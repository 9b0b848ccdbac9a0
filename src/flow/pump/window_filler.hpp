#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/limits/valves.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/outlets.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Reads the journal for what the window has room for: what follows in lanes that go on, what operators and
/// closed gaps have woken, what is due, what was passed over at a valve, and what lies further on in each
/// outlet. Used by the dispatcher's thread, inside its turn.
class WindowFiller {
 public:
  WindowFiller(journal::Journal& journal, Valves& valves, Window& window, Outlets& outlets,
               LaneLoader& loader)
      : journal_(journal), valves_(valves), window_(window), outlets_(outlets), loader_(loader) {}

  /// What operators had asked for up to the action `known_asks` is known; wakes up to `last_wake` were seen.
  void start(std::int64_t known_asks, std::int64_t last_wake);
  /// The turn has made these deliveries, in the order of their positions.
  void arrived(std::vector<journal::DeliveryRow> made);
  /// There may be wakes in the journal.
  void woken() { wakes_wait_ = true; }

  Result<> fill(WallTime now);
  /// True where fill() has something to do at once.
  bool hungry() const;

  /// An operator wants to know at once whether the destination is up.
  struct AskedFor {
    DestinationNo destination;
    std::int64_t action = 0;  ///< by which that was said
  };
  /// Since the last call.
  std::vector<AskedFor> take_asked_for() { return std::exchange(asked_for_, {}); }

  bool wakes_wait() const { return wakes_wait_; }
  std::int64_t last_wake() const { return last_wake_; }
  /// True where all that was made is loaded, or is to be read again.
  bool has_loaded_arrived() const { return arrived_.empty(); }

 private:
  Result<> load_drained();
  Result<> load_arrived();
  Result<> load_due(WallTime now);
  Result<> load_due(OutletState& outlet, WallTime now, std::size_t& budget);
  Result<> follow_wakes();
  Result<> wake(const journal::Wake& said);
  Result<> wake_from(const journal::DeliveryKey& key);
  bool may_catch_up(const Valve& valve) const;
  Result<> catch_up(std::size_t budget);
  Result<> catch_up(Valve& valve, std::size_t& budget);
  Result<> catch_up_retries(Valve& valve, std::size_t& budget);
  Result<> scan(OutletState& outlet, std::size_t& budget);

  journal::Journal& journal_;
  Valves& valves_;
  Window& window_;
  Outlets& outlets_;
  LaneLoader& loader_;
  std::vector<journal::DeliveryRow> arrived_;  ///< and not loaded yet
  std::vector<AskedFor> asked_for_;
  std::int64_t known_asks_ = 0;
  std::int64_t last_wake_ = 0;
  bool wakes_wait_ = true;
};

}  // namespace dispatch::flow
