#pragma once

#include "flow/intake/inbox.hpp"
#include "flow/intake/tracer.hpp"
#include "ingest/event_source.hpp"
#include "routing/router.hpp"

#include <optional>
#include <thread>

namespace dispatch::flow {

/// The thread that reads a source, traces its events, computes their digests and routes them, ahead of the
/// dispatcher. The thread ends with the input, or when the inbox is closed. A source that waits for input
/// must be stopped before this object is destroyed.
class Feed {
 public:
  /// Starts the thread. Events without a destination wait until some event has one: DestinationCheck. If the
  /// source may stay open, a message says so as soon as an event waits. Events with receipts do not wait.
  /// `source` is borrowed, and must also outlive what was offered to the inbox. Without `tracer` no event has
  /// a trace.
  Feed(ingest::EventSource& source, routing::Router router, std::optional<Tracer> tracer, Inbox& inbox);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

 private:
  void work(Inbox& inbox);
  /// Returns true if the inbox has taken the whole input, false if a stop or a closed inbox cut it short.
  Result<bool> read_all(Inbox& inbox);

  ingest::EventSource& source_;
  routing::Router router_;
  std::optional<Tracer> tracer_;
  std::thread thread_;
};

/// Sets the routes of every arrival from the subscriptions in the router's current catalog. An arrival whose
/// URL is invalid becomes a reject. Nothing else in the batch changes.
Incoming route(ingest::Batch batch, routing::Router& router);

/// Where the unappended rest of a batch begins; what is before stays as it is.
struct NotTaken {
  std::size_t arrival = 0;
  std::size_t reject = 0;
};

/// Routes the unappended arrivals again, with the router's current snapshot.
void route_again(Incoming& incoming, const NotTaken& from, routing::Router& router);

/// Turns unappended arrivals without a route into rejects.
void reject_unrouted(Incoming& incoming, const NotTaken& from);

}  // namespace dispatch::flow
