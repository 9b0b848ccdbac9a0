#pragma once

#include "flow/intake/inbox.hpp"
#include "flow/intake/tracer.hpp"
#include "ingest/event_source.hpp"
#include "routing/router.hpp"

#include <optional>
#include <thread>

namespace dispatch::flow {

/// The thread that reads a source, traces and routes its events, ahead of the dispatcher and beside it. It
/// ends with the input, or when the inbox takes no more; a source that waits for input must be stopped before
/// this is destroyed.
class Feed {
 public:
  /// Events without a destination wait until one has one: DestinationCheck. Where the source may stay open
  /// that is said as soon as one waits. Those that have receipts do not wait. `source` is borrowed, and must
  /// outlive what the inbox was offered, too. Without `tracer` no event has a trace.
  Feed(ingest::EventSource& source, routing::Router router, std::optional<Tracer> tracer, Inbox& inbox);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

 private:
  void work(Inbox& inbox);
  /// Returns true where the inbox has taken all that the input holds, false where a stop or the inbox ended
  /// it.
  Result<bool> read_all(Inbox& inbox);

  ingest::EventSource& source_;
  routing::Router router_;
  std::optional<Tracer> tracer_;
  std::thread thread_;
};

/// Sets the routes of every arrival, by the subscriptions that the router's catalog holds now; one whose url
/// is none becomes a reject. Nothing else of the batch changes.
Incoming route(ingest::Batch batch, routing::Router& router);

/// From where on nothing of a batch was taken in: what was is left as it is.
struct NotTaken {
  std::size_t arrival = 0;
  std::size_t reject = 0;
};

/// The same anew for the arrivals that were not taken, by the snapshot that the router has.
void route_again(Incoming& incoming, const NotTaken& from, routing::Router& router);

/// The arrivals that were not taken and go nowhere become rejects.
void reject_unrouted(Incoming& incoming, const NotTaken& from);

}  // namespace dispatch::flow
