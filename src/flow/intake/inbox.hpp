#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/transport.hpp"
#include "flow/rules/gathering.hpp"
#include "ingest/event_source.hpp"
#include "routing/router.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace dispatch::flow {

/// How urgently a run must stop. Only increases.
enum class Stop {
  none,
  drain,  ///< no new request starts; those under way finish
  abort,  ///< requests under way are ended
};

/// Events on their way to the journal: a batch whose arrivals have routes.
struct Incoming {
  ingest::Batch batch;
  ingest::EventSource* source = nullptr;  ///< its committed() is called for these events; null: no call
  routing::RouteHold routes;              ///< owns what the arrivals' routes point to
  std::shared_ptr<const routing::Snapshot> routed_by;  ///< null: the events were not routed
  WallTime taken{};                                    ///< when the dispatcher received it
  /// True: no event of the input so far has a destination. The input ends here, unless a subscription has
  /// been added since.
  bool without_destination = false;
};

/// What a turn receives from the inbox.
struct Mail {
  std::vector<delivery::Report> reports;
  std::vector<Incoming> incoming;
  std::optional<Error> input_error;  ///< why the input could not be read further
  bool input_ended = false;          ///< nothing comes after this
  Stop stop = Stop::none;
  bool woken = false;  ///< wake() was called
};

/// How other threads reach the dispatcher: outcomes, events, requests to stop. Thread-safe.
class Inbox final : public delivery::Reports {
 public:
  /// `incoming_most`: maximum number of waiting batches; offer() blocks beyond it.
  explicit Inbox(std::size_t incoming_most = 4) : incoming_most_(incoming_most) {}

  void put(std::vector<delivery::Report> reports) override;

  /// Adds a batch; waits while the inbox is full. Returns false, and does not take the batch, if the input
  /// was closed.
  bool offer(Incoming incoming);
  /// Refuses further input and drops waiting batches.
  void close_input();
  /// Marks the end of the input: all of it has been offered, or reading it failed. Do not call it if a stop
  /// cut the input short.
  void end_input(std::optional<Error> error = std::nullopt);
  void stop(Stop how);
  Stop stopping() const;
  /// Ends the wait of take(), or of its next call, even without mail.
  void wake();
  /// True if mail waits, as take() would return it.
  bool has_mail(std::size_t batches) const;

  /// Waits until there is mail, until the state of the inbox changes, until wake() is called, or until the
  /// time `until`. With `batches` = 0 events stay in the inbox and do not end the wait. If only reports have
  /// come, waits for more of them as `gathering` says, but not beyond `until`.
  Mail take(std::optional<SteadyTime> until, std::size_t batches, const Gathering::Wait& gathering = {});

 private:
  bool anything_new(std::size_t batches) const;
  bool anything_but_reports(std::size_t batches) const;
  void gather(std::unique_lock<std::mutex>& lock, std::optional<SteadyTime> until, std::size_t batches,
              const Gathering::Wait& gathering);

  const std::size_t incoming_most_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::condition_variable room_;
  std::vector<delivery::Report> reports_;
  std::size_t reports_wanted_ = 1;  ///< put() wakes the dispatcher when there are as many
  std::deque<Incoming> incoming_;
  std::optional<Error> input_error_;
  bool closed_ = false;
  bool input_ended_ = false;
  bool end_told_ = false;
  bool woken_ = false;
  Stop stop_ = Stop::none;
  Stop stop_told_ = Stop::none;
};

}  // namespace dispatch::flow
