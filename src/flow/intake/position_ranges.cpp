#include "flow/intake/position_ranges.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace dispatch::flow {

void PositionRanges::add(Position position) {
  const auto ends_before = [](const auto& range, Position at) {
    return range.second.value() + 1 < at.value();
  };
  const auto place = std::lower_bound(ranges_.begin(), ranges_.end(), position, ends_before);
  if (place == ranges_.end() || position.value() + 1 < place->first.value()) {
    ranges_.emplace(place, position, position);
    return;
  }
  place->first = std::min(place->first, position);
  place->second = std::max(place->second, position);
  const auto next = std::next(place);
  if (next == ranges_.end() || next->first.value() != place->second.value() + 1) return;
  place->second = next->second;
  ranges_.erase(next);
}

void PositionRanges::add_all() {
  // One less than the greatest number, so that there is one after it.
  ranges_.assign(1, {Position{1}, Position{std::numeric_limits<std::int64_t>::max() - 1}});
}

void PositionRanges::drop_below(Position position) {
  while (!ranges_.empty() && ranges_.front().second < position) ranges_.pop_front();
  if (!ranges_.empty() && ranges_.front().first < position) ranges_.front().first = position;
}

}  // namespace dispatch::flow
