#include "flow/feed.hpp"

#include "flow/destination_check.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <vector>

namespace dispatch::flow {

namespace {

/// Takes out of the arrivals, from number `first` on, those that `accept` returns an error for. They become
/// rejects.
template <class Accept>
void sift(ingest::Batch& batch, std::size_t first, Accept accept) {
  std::vector<ingest::Reject> refused;
  std::size_t kept = first;
  for (std::size_t i = first; i < batch.arrivals.size(); ++i) {
    if (Result<> accepted = accept(batch.arrivals[i]); !accepted) {
      refused.push_back({batch.lines[i], std::move(accepted).error().message});
      continue;
    }
    if (kept != i) {
      batch.arrivals[kept] = batch.arrivals[i];
      batch.lines[kept] = std::move(batch.lines[i]);
    }
    ++kept;
  }
  if (refused.empty()) return;
  batch.arrivals.resize(kept);
  batch.lines.resize(kept);
  // Not between the pieces of an over-long line: after those that end one begun in an earlier batch.
  auto place = batch.rejects.begin();
  while (place != batch.rejects.end() && !place->first) ++place;
  batch.rejects.insert(place, std::make_move_iterator(refused.begin()),
                       std::make_move_iterator(refused.end()));
}

}  // namespace

Incoming route(ingest::Batch batch, routing::Router& router) {
  router.refresh();
  Incoming incoming;
  incoming.batch = std::move(batch);
  route_again(incoming, 0, router);
  return incoming;
}

void route_again(Incoming& incoming, std::size_t first, routing::Router& router) {
  sift(incoming.batch, first, [&](Arrival& arrival) -> Result<> {
    auto routes = router.route(arrival, incoming.routes);
    if (!routes) return tl::unexpected(std::move(routes).error());
    arrival.routes = *routes;
    return {};
  });
  incoming.subscriptions_version = router.version();
}

void reject_unrouted(Incoming& incoming, std::size_t first) {
  sift(incoming.batch, first, [](const Arrival& arrival) -> Result<> {
    if (arrival.routes.empty()) return misuse("{}", routing::nowhere_to_go);
    return {};
  });
}

Feed::Feed(ingest::Reader reader, routing::Router router, std::optional<Tracer> tracer, Inbox& inbox,
           Unrouted unrouted)
    : reader_(std::move(reader)),
      router_(std::move(router)),
      tracer_(tracer),
      unrouted_(unrouted),
      thread_([this, &inbox] { work(inbox); }) {}

Feed::~Feed() {
  thread_.join();
}

void Feed::work(Inbox& inbox) {
  try {
    DestinationCheck destinations;
    while (true) {
      auto batch = reader_.next();
      if (!batch) return inbox.end_input(std::move(batch).error());
      if (!*batch) break;
      if (tracer_) tracer_->trace(**batch);
      Incoming routed = route(std::move(**batch), router_);
      if (unrouted_ == Unrouted::passed_on) {
        if (!inbox.offer(std::move(routed))) return inbox.end_input();
        continue;
      }
      auto checked = destinations.take(std::move(routed), router_);
      if (!checked) return inbox.end_input(std::move(checked).error());
      for (Incoming& incoming : *checked)
        if (!inbox.offer(std::move(incoming))) return inbox.end_input();
    }
    auto ended = destinations.end();
    if (!ended) return inbox.end_input(std::move(ended).error());
    inbox.end_input();
  } catch (const std::exception& bug) {
    inbox.end_input(Error{Failure::failed, fmt::format("reading the input failed: {}", bug.what())});
  }
}

}  // namespace dispatch::flow
