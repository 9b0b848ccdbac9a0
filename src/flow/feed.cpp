#include "flow/feed.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <vector>

namespace dispatch::flow {

Incoming route(ingest::Batch batch, routing::Router& router) {
  Incoming incoming;
  std::vector<ingest::Reject> unroutable;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < batch.arrivals.size(); ++i) {
    auto routes = router.route(batch.arrivals[i], incoming.routes);
    if (!routes) {
      unroutable.push_back({batch.lines[i], std::move(routes).error().message});
      continue;
    }
    if (routes->empty()) {
      unroutable.push_back({batch.lines[i], std::string{routing::nowhere_to_go}});
      continue;
    }
    batch.arrivals[kept] = batch.arrivals[i];
    batch.arrivals[kept].routes = *routes;
    if (kept != i) batch.lines[kept] = std::move(batch.lines[i]);
    ++kept;
  }
  batch.arrivals.resize(kept);
  batch.lines.resize(kept);
  // Not between the pieces of an over-long line: after those that end one begun in an earlier batch.
  auto place = batch.rejects.begin();
  while (place != batch.rejects.end() && !place->first) ++place;
  batch.rejects.insert(place, std::make_move_iterator(unroutable.begin()),
                       std::make_move_iterator(unroutable.end()));
  incoming.batch = std::move(batch);
  return incoming;
}

Feed::Feed(ingest::Reader reader, routing::Router router, Inbox& inbox)
    : reader_(std::move(reader)), router_(std::move(router)), thread_([this, &inbox] { work(inbox); }) {}

Feed::~Feed() {
  thread_.join();
}

void Feed::work(Inbox& inbox) {
  try {
    while (true) {
      auto batch = reader_.next();
      if (!batch) return inbox.end_input(std::move(batch).error());
      if (!*batch) return inbox.end_input();
      if (!inbox.offer(route(std::move(**batch), router_))) return inbox.end_input();
    }
  } catch (const std::exception& bug) {
    inbox.end_input(Error{Failure::failed, fmt::format("reading the input failed: {}", bug.what())});
  }
}

}  // namespace dispatch::flow
