#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/connection.hpp"
#include "delivery/http/direct/intrusive_list.hpp"

#include <cstddef>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// The connections that wait for another request. Does not own them. Used by one thread.
///
/// Some servers close a connection after an answer that did not say so, and a request that is sent before
/// their close arrives is lost. Once one has done that, connections to its place rest before they are used
/// again, until many of them have been.
class IdleConnections {
 public:
  /// Up to `places_most` places are remembered without a connection.
  explicit IdleConnections(std::size_t places_most = 4'096)
      : places_most_(places_most), forget_at_(places_most) {}

  void add(Connection& connection, SteadyTime now);
  void remove(Connection& connection);

  /// Notes that the peer has ended a connection that could have been used again, so long after its answer.
  void note_lost(const Connection& connection, SteadyTime::duration after);
  /// Notes that a connection that was used again can be used once more.
  void note_kept(const Connection& connection);

  /// The connection to the place for the next request; null if there is none. It stays idle. That is the one
  /// that became idle last; where connections must rest, the one that has rested longest.
  Connection* next(const std::string& place, SteadyTime now);
  /// The connection that has been idle longest; null if there is none.
  Connection* oldest() const { return by_age_.front(); }
  std::size_t size() const { return size_; }

 private:
  void forget_places();

  struct Place {
    IntrusiveList<Connection> idle;  // the latest last
    unsigned doubts = 0;             // connections that must be used again after a rest, until none rests
  };

  const std::size_t places_most_;
  std::unordered_map<std::string, Place> by_place_;
  std::size_t forget_at_;             // number of places at which those without connections are forgotten
  IntrusiveList<Connection> by_age_;  // the oldest first
  std::size_t size_ = 0;
};

}  // namespace dispatch::delivery
