#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Reads the journal for what the window has room for: what follows in lanes that go on, what operators and
/// closed gaps have woken, what is due, what was passed over at a limiter, and what lies further on in each
/// delivery queue. Used by the dispatcher's thread, inside its turn.
class WindowFiller {
 public:
  WindowFiller(journal::Journal& journal, DestinationLimiters& limiters, Window& window,
               DeliveryQueues& queues, LaneLoader& loader)
      : journal_(journal), limiters_(limiters), window_(window), queues_(queues), loader_(loader) {}

  /// What operators had asked for up to the action `known_asks` is known; wakeups up to `last_wakeup` were
  /// seen.
  void start(std::int64_t known_asks, std::int64_t last_wakeup);
  /// The turn has made these deliveries, in the order of their positions.
  void arrived(std::vector<journal::DeliveryRow> made);
  /// There may be wakeups in the journal.
  void woken() { wakeups_wait_ = true; }

  Result<> fill(WallTime now);
  /// True where fill() has something to do at once.
  bool hungry() const;

  /// An operator asked to try the destination at once.
  struct AskedFor {
    DestinationNo destination;
    std::int64_t action = 0;  ///< by which that was said
  };
  /// Since the last call.
  std::vector<AskedFor> take_asked_for() { return std::exchange(asked_for_, {}); }

  bool wakes_wait() const { return wakeups_wait_; }
  std::int64_t last_wakeup() const { return last_wakeup_; }
  /// True where all that was made is loaded, or is to be read again.
  bool has_loaded_arrived() const { return arrived_.empty(); }

 private:
  Result<> load_drained();
  Result<> load_arrived();
  Result<> load_due(WallTime now);
  Result<> load_due(QueueState& queue, WallTime now, std::size_t& budget);
  Result<> follow_wakes();
  Result<> wake(const journal::LaneWakeup& said);
  Result<> wake_from(const journal::DeliveryKey& key);
  bool may_catch_up(const DestinationLimiter& limiter) const;
  Result<> catch_up(std::size_t budget);
  Result<> catch_up(DestinationLimiter& limiter, std::size_t& budget);
  Result<> catch_up_retries(DestinationLimiter& limiter, std::size_t& budget);
  Result<> scan(QueueState& queue, std::size_t& budget);

  journal::Journal& journal_;
  DestinationLimiters& limiters_;
  Window& window_;
  DeliveryQueues& queues_;
  LaneLoader& loader_;
  std::vector<journal::DeliveryRow> arrived_;  ///< and not loaded yet
  std::vector<AskedFor> asked_for_;
  std::int64_t known_asks_ = 0;
  std::int64_t last_wakeup_ = 0;
  bool wakeups_wait_ = true;
};

}  // namespace dispatch::flow
