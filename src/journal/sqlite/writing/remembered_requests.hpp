#pragma once

#include "event/outgoing.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

namespace dispatch::journal {

/// First requests of direct deliveries that this journal has appended and that wait: the one that begins need
/// not be read from its event. Bounded by bytes: what does not fit is read when it begins.
class RememberedRequests {
 public:
  /// True if there is room for another request. Forgets all of them when so many others had no room that they
  /// are probably not sent soon.
  bool has_room();
  void add(const DeliveryKey& key, Outgoing request);

  /// Removes and returns the request of a delivery; nothing if it is not here.
  std::optional<Outgoing> take(const DeliveryKey& key);

  /// Call it after the turn was abandoned: its positions are given to other events.
  void forget();

 private:
  struct Hash {
    std::size_t operator()(const DeliveryKey& key) const noexcept {
      return std::hash<std::int64_t>{}(key.position.value() * 31 + key.queue.value());
    }
  };
  std::unordered_map<DeliveryKey, Outgoing, Hash> requests_;
  std::size_t bytes_ = 0;
  std::size_t without_room_ = 0;  ///< how many since one was taken
};

}  // namespace dispatch::journal
