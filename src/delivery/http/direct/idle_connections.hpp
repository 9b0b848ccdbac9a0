#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/connection.hpp"
#include "delivery/http/direct/intrusive_list.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// The connections that wait for another request. Does not own them. Used by one thread.
class IdleConnections {
 public:
  void add(Connection& connection, SteadyTime now);
  void remove(Connection& connection);

  /// The connection to the place that became idle last; null if there is none. It stays idle.
  Connection* latest(const std::string& place);
  /// The connection that has been idle longest; null if there is none.
  Connection* oldest() const { return by_age_.front(); }
  std::size_t size() const { return size_; }

 private:
  std::unordered_map<std::string, IntrusiveList<Connection>> by_place_;  // the latest last
  IntrusiveList<Connection> by_age_;                                     // the oldest first
  std::size_t size_ = 0;
};

}  // namespace dispatch::delivery
