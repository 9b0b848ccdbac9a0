#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/graph.hpp"
#include "flow/window.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Keeps the graph supplied from the journal. It reads each outlet forward in the order of positions, and
/// loads what is first in its lane; what it passes over comes back by itself: by its predecessor's end
/// (successors), by a retry that is due, or by a wake that an operator or a closed gap left in the journal.
/// So a delivery that waits costs no memory. Used by the dispatcher's thread, inside its turn.
class Pump {
 public:
  Pump(journal::Journal& journal, Graph& graph, const WindowLimits& limits);

  /// Reads where the last run stood. Once, before all else.
  Result<> start();

  /// The turn has made these deliveries, in the order of their positions.
  Result<> arrived(std::vector<journal::DeliveryRow> made);
  /// Another process has written: anything may be new.
  Result<> changed_elsewhere();

  // What became of an item that held its lane. Its permits are the caller's to give back; the item is gone
  // afterwards.
  void completed(Item& item);                  ///< the lane goes on
  void retry_later(Item& item, WallTime due);  ///< the lane waits in the journal
  void buried(Item& item);                     ///< the lane is blocked
  void lost(Item& item);                       ///< the journal says otherwise: read it again

  /// Loads what there is room for and what may go, into the graph.
  Result<> fill(WallTime now);

  /// When fill() may find something that it could not before, with nothing else happening.
  std::optional<WallTime> next_due() const;
  /// True where fill() has something to do at once.
  bool hungry() const;
  /// True where the window is empty and nothing is left to be read now. Retries that are not due do not
  /// count.
  bool idle() const;
  /// Lanes that hold something: each has one delivery that is under way or waits for a permit.
  std::size_t lanes() const { return window_.lanes(); }

  /// Where a restart must read from, and the last wake seen, to be committed with the turn. `whole`: all
  /// there is to say. Otherwise only what the turn needs: an outlet whose stored mark lies above something
  /// that is loaded, or is to follow a lane that has ended, and would not come back by itself after a crash.
  Result<> remember(bool whole);

 private:
  Result<> load_outlets();
  Result<> follow_wakes();
  Result<> wake(const journal::DeliveryKey& key);
  Result<> load_due(WallTime now);
  Result<> load_due(OutletState& outlet, WallTime now);
  Result<> load_drained();
  Result<> load_arrived();
  Result<> load_successors(Lane& lane);
  Result<> scan(OutletState& outlet, std::size_t& budget);
  Result<> place(OutletState& outlet, const journal::DeliveryRow& row);
  Result<> place_behind(Lane& lane, const journal::DeliveryRow& row);

  Lane& load(OutletState& outlet, const journal::DeliveryRow& row);
  void load(Lane& lane, const journal::DeliveryRow& row);
  void keep_in_reach(OutletState& outlet, Position mark);
  Result<> keep_drained_in_reach();
  void list(OutletState& outlet);
  void set_due(OutletState& outlet, std::optional<WallTime> due);

  journal::Journal& journal_;
  Graph& graph_;
  Window window_;

  std::map<OutletNo, std::unique_ptr<OutletState>> outlets_;
  struct Host {
    std::uint32_t number = 0;
    Graph::GateNodes* gate = nullptr;
  };
  std::map<std::string, Host> hosts_;            ///< outlets of one host share its gate
  std::vector<journal::DeliveryRow> arrived_;    ///< and not loaded yet
  std::vector<OutletState*> to_read_;            ///< outlets that may have more and had room
  std::set<std::pair<WallTime, OutletNo>> due_;  ///< outlets by their next due retry
  std::vector<OutletState*> sunken_;             ///< outlets whose stored mark must be lowered with this turn
  std::int64_t last_wake_ = 0;
  std::int64_t remembered_wake_ = 0;
  bool wakes_wait_ = true;
};

}  // namespace dispatch::flow
