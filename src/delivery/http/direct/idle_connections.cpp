#include "delivery/http/direct/idle_connections.hpp"

#include <algorithm>
#include <chrono>

namespace dispatch::delivery {
namespace {

/// A connection that its peer ends so soon after an answer was not closed for being idle.
constexpr std::chrono::milliseconds soon{1'000};
/// The close that follows an answer has arrived after that.
constexpr std::chrono::milliseconds rest{10};
constexpr unsigned doubts_after_loss = 100;

}  // namespace

void IdleConnections::add(Connection& connection, SteadyTime now) {
  connection.idle_since = now;
  if (by_place_.size() >= forget_at_) forget_places();
  by_place_[connection.place()].idle.push_back(connection.of_place);
  by_age_.push_back(connection.of_age);
  ++size_;
}

/// Looks at all places, and next when there are twice as many as are left: a place costs the same whatever
/// their number.
void IdleConnections::forget_places() {
  std::erase_if(by_place_, [](const auto& place) { return place.second.idle.empty(); });
  forget_at_ = std::max(places_most_, 2 * by_place_.size());
}

void IdleConnections::remove(Connection& connection) {
  if (!connection.of_age.is_linked()) return;
  connection.of_place.unlink();
  connection.of_age.unlink();
  --size_;
}

void IdleConnections::note_lost(const Connection& connection, SteadyTime::duration after) {
  if (after <= soon) by_place_[connection.place()].doubts = doubts_after_loss;
}

void IdleConnections::note_kept(const Connection& connection) {
  if (!connection.has_rested) return;
  const auto found = by_place_.find(connection.place());
  if (found != by_place_.end() && found->second.doubts > 0) --found->second.doubts;
}

Connection* IdleConnections::next(const std::string& place, SteadyTime now) {
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return nullptr;
  const bool rests = found->second.doubts > 0;
  Connection* const connection = rests ? found->second.idle.front() : found->second.idle.back();
  if (connection == nullptr || (rests && now - connection->idle_since < rest)) return nullptr;
  connection->has_rested = rests;
  return connection;
}

}  // namespace dispatch::delivery
