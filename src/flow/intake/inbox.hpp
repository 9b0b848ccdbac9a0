#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/transport.hpp"
#include "ingest/event_source.hpp"
#include "routing/router.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace dispatch::flow {

/// How urgently a run is to stop. Only ever rises.
enum class Stop {
  none,
  drain,  ///< no new request starts; those under way finish
  abort,  ///< those under way are ended
};

/// Events on their way into the journal: a batch whose arrivals have their routes.
struct Incoming {
  ingest::Batch batch;
  ingest::EventSource* source = nullptr;   ///< gets committed() for these events; null: nothing does
  routing::RouteHold routes;               ///< what the arrivals' routes point into
  std::int64_t subscriptions_version = 0;  ///< of the subscriptions that they were routed by
  WallTime taken{};                        ///< when the dispatcher had it
  /// No event of the input so far has a destination: the input ends here, unless a subscription has been
  /// added since.
  bool without_destination = false;
};

/// What a turn takes in.
struct Mail {
  std::vector<delivery::Report> reports;
  std::vector<Incoming> incoming;
  std::optional<Error> input_error;  ///< the input could not be read further
  bool input_ended = false;          ///< nothing will come after what is taken here
  Stop stop = Stop::none;
};

/// The only way for other threads to reach the dispatcher: outcomes, events, requests to stop. Thread-safe.
class Inbox final : public delivery::Reports {
 public:
  /// `incoming_most`: the most batches that wait; then offer() blocks.
  explicit Inbox(std::size_t incoming_most = 4) : incoming_most_(incoming_most) {}

  void put(std::vector<delivery::Report> reports) override;

  /// Waits while the inbox is full. False where no input is wanted any more: the batch was not taken.
  bool offer(Incoming incoming);
  /// Input is not wanted any more; what waits is dropped.
  void close_input();
  /// All that the input holds has been offered, or it failed. Not to be called where a stop cut it short.
  void end_input(std::optional<Error> error = std::nullopt);
  void stop(Stop how);
  Stop stopping() const;

  /// Waits until there is mail or something new has been said, or `until`. With `batches` = 0 events are left
  /// where they are and do not end the wait.
  Mail take(std::optional<SteadyTime> until, std::size_t batches);

 private:
  bool anything_new(std::size_t batches) const;

  const std::size_t incoming_most_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::condition_variable room_;
  std::vector<delivery::Report> reports_;
  std::deque<Incoming> incoming_;
  std::optional<Error> input_error_;
  bool closed_ = false;
  bool input_ended_ = false;
  bool end_told_ = false;
  Stop stop_ = Stop::none;
  Stop stop_told_ = Stop::none;
};

}  // namespace dispatch::flow
