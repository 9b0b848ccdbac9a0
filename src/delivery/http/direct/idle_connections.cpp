#include "delivery/http/direct/idle_connections.hpp"

namespace dispatch::delivery {
namespace {

/// More places than this are forgotten once they have no idle connection.
constexpr std::size_t places_most = 4'096;

}  // namespace

void IdleConnections::add(Connection& connection, SteadyTime now) {
  connection.idle_since = now;
  if (by_place_.size() > places_most)
    std::erase_if(by_place_, [](const auto& place) { return place.second.empty(); });
  by_place_[connection.place()].push_back(connection.of_place);
  by_age_.push_back(connection.of_age);
  ++size_;
}

void IdleConnections::remove(Connection& connection) {
  if (!connection.of_age.is_linked()) return;
  connection.of_place.unlink();
  connection.of_age.unlink();
  --size_;
}

Connection* IdleConnections::latest(const std::string& place) {
  const auto found = by_place_.find(place);
  return found == by_place_.end() ? nullptr : found->second.back();
}

}  // namespace dispatch::delivery
