#pragma once

#include "flow/graph.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::flow {

struct Lane;

/// One entity at one destination, in one generation; or a single delivery without entity.
struct LaneKey {
  std::int64_t entity = 0;
  std::int64_t destination = 0;
  std::int64_t generation = 0;
  std::int64_t alone = 0;  ///< the position of a delivery without entity, else 0

  static LaneKey of(const journal::DeliveryRow& row) {
    const bool has_entity = row.entity != EntityNo{};
    return {row.entity.value(), row.destination.value(), row.key.generation,
            has_entity ? 0 : row.key.position.value()};
  }
  friend bool operator==(const LaneKey&, const LaneKey&) = default;
};

struct LaneKeyHash {
  std::size_t operator()(const LaneKey& key) const noexcept {
    std::uint64_t hash = 0x9E3779B97F4A7C15;
    for (const auto part : {key.entity, key.destination, key.generation, key.alone}) {
      hash ^= static_cast<std::uint64_t>(part);
      hash *= 0xBF58476D1CE4E5B9;
      hash ^= hash >> 29;
    }
    return hash;
  }
};

/// A delivery in the window.
struct Item {
  journal::DeliveryRow row;
  Lane* lane = nullptr;
  std::uint64_t ticket = 0;  ///< the attempt under way; 0 while it waits in the graph
};

/// What is known of an outlet while the run lasts.
struct OutletState {
  journal::Outlet outlet;
  Graph::GateNodes* gate = nullptr;
  Position cursor;              ///< the scan has passed everything at or below
  bool more = true;             ///< there may be deliveries above the cursor
  bool listed = false;          ///< stands in the pump's list of outlets to be read
  std::size_t lanes = 0;        ///< of this outlet that hold items
  std::size_t items = 0;        ///< in those
  std::optional<WallTime> due;  ///< when the next retry not loaded is due
};

/// A lane in the window: it holds items, or is idle and kept for what it knows.
struct Lane {
  LaneKey key;
  OutletState* outlet = nullptr;
  Graph::LaneNodes* nodes = nullptr;
  journal::DeliveryRow tail;  ///< the last one loaded
  std::size_t items = 0;
  bool more = false;  ///< deliveries after the tail were passed over; ask the journal when drained
  std::list<Lane*>::iterator idle;  ///< its place among the idle, where items == 0
};

/// Items with stable addresses, reused.
class ItemPool {
 public:
  Item& take(const journal::DeliveryRow& row, Lane& lane) {
    if (free_.empty()) {
      free_.push_back(&items_.emplace_back());
    }
    Item& item = *free_.back();
    free_.pop_back();
    item = {row, &lane, 0};
    return item;
  }
  void give_back(Item& item) {
    item.lane = nullptr;
    free_.push_back(&item);
  }
  /// Calls `visit` with every item in use.
  template <class Visit>
  void each(Visit visit) const {
    for (const Item& item : items_)
      if (item.lane != nullptr) visit(item);
  }

 private:
  std::deque<Item> items_;
  std::vector<Item*> free_;
};

}  // namespace dispatch::flow
