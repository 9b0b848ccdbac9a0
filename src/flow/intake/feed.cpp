#include "flow/intake/feed.hpp"

#include "flow/intake/destination_check.hpp"
#include "journal/digest.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::flow {

namespace {

/// Takes out of the arrivals those that `accept` returns an error for. They become rejects.
template <class Accept>
void sift(ingest::Batch& batch, const NotTaken& from, Accept accept) {
  const std::size_t first = from.arrival;
  std::vector<ingest::Reject> refused;
  std::size_t kept = first;
  for (std::size_t i = first; i < batch.arrivals.size(); ++i) {
    if (Result<> accepted = accept(batch.arrivals[i]); !accepted) {
      auto& reject =
          refused.emplace_back(ingest::Reject{batch.origins[i], std::move(accepted).error().message});
      if (!batch.receipts.empty()) reject.receipt = std::move(batch.receipts[i]);
      continue;
    }
    if (kept != i) {
      batch.arrivals[kept] = batch.arrivals[i];
      batch.origins[kept] = std::move(batch.origins[i]);
      if (!batch.receipts.empty()) batch.receipts[kept] = std::move(batch.receipts[i]);
    }
    ++kept;
  }
  if (refused.empty()) return;
  batch.arrivals.resize(kept);
  batch.origins.resize(kept);
  if (!batch.receipts.empty()) batch.receipts.resize(kept);
  // Not between the pieces of an over-long line: after those that end one begun in an earlier batch.
  auto place = batch.rejects.begin() + static_cast<std::ptrdiff_t>(from.reject);
  while (place != batch.rejects.end() && !place->first) ++place;
  batch.rejects.insert(place, std::make_move_iterator(refused.begin()),
                       std::make_move_iterator(refused.end()));
}

std::string waiting_for_destination() {
  return fmt::format(
      "the input has no line with a url so far, and there is neither --to nor a subscription: its lines wait "
      "for one that has, at most {} lines; give --to URL",
      DestinationCheck::lines_most);
}

}  // namespace

Incoming route(ingest::Batch batch, routing::Router& router) {
  router.refresh();
  Incoming incoming;
  incoming.batch = std::move(batch);
  route_again(incoming, {}, router);
  return incoming;
}

void route_again(Incoming& incoming, const NotTaken& from, routing::Router& router) {
  sift(incoming.batch, from, [&](Arrival& arrival) -> Result<> {
    DISPATCH_ASSIGN(arrival.routes, router.route(arrival, incoming.routes));
    return {};
  });
  incoming.routed_by = router.snapshot();
}

void reject_unrouted(Incoming& incoming, const NotTaken& from) {
  sift(incoming.batch, from, [](const Arrival& arrival) -> Result<> {
    if (arrival.routes.empty()) return misuse("{}", routing::nowhere_to_go);
    return {};
  });
}

Feed::Feed(ingest::EventSource& source, routing::Router router, std::optional<Tracer> tracer, Inbox& inbox)
    : source_(source),
      router_(std::move(router)),
      tracer_(tracer),
      thread_([this, &inbox] { work(inbox); }) {}

Feed::~Feed() {
  thread_.join();
}

void Feed::work(Inbox& inbox) {
  try {
    auto read = read_all(inbox);
    if (!read) return inbox.end_input(std::move(read).error());
    if (*read) inbox.end_input();
  } catch (const std::exception& bug) {
    inbox.end_input(Error{Failure::failed, fmt::format("reading the input failed: {}", bug.what())});
  }
}

Result<bool> Feed::read_all(Inbox& inbox) {
  DestinationCheck destinations;
  const auto offer_all = [&](std::vector<Incoming>& checked) {
    return std::all_of(checked.begin(), checked.end(),
                       [&](Incoming& incoming) { return inbox.offer(std::move(incoming)); });
  };
  bool told = false;
  while (true) {
    DISPATCH_ASSIGN(auto batch, source_.next());
    if (!batch) break;
    if (tracer_) tracer_->trace(*batch);
    for (Arrival& arrival : batch->arrivals) arrival.digest = journal::content_digest(arrival);
    auto incoming = route(std::move(*batch), router_);
    incoming.source = &source_;
    if (!incoming.batch.receipts.empty()) {
      if (!inbox.offer(std::move(incoming))) return false;
      continue;
    }
    auto checked = destinations.take(std::move(incoming), router_);
    if (!offer_all(checked)) return false;
    if (destinations.holds() && source_.may_stay_open()) {
      Incoming word;  // it also makes the dispatcher see subscriptions that are new
      if (!std::exchange(told, true)) word.batch.warnings.push_back(waiting_for_destination());
      if (!inbox.offer(std::move(word))) return false;
    }
  }
  auto rest = destinations.end();
  return offer_all(rest) && source_.finished();
}

}  // namespace dispatch::flow
