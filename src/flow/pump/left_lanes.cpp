#include "flow/pump/left_lanes.hpp"

#include <utility>

namespace dispatch::flow {

Result<> LeftLanes::ask() {
  if (rows_.empty()) return {};
  const auto left = std::exchange(left_, {});
  const auto next = journal_.open_in_lanes(std::exchange(rows_, {}), 1);
  if (!next) return tl::unexpected(next.error());
  for (std::size_t i = 0; i < left.size(); ++i) {
    if ((*next)[i].empty()) continue;
    const journal::DeliveryRow& row = (*next)[i].front();
    if (left[i].limiter == nullptr)
      loader_.read_when_open(*left[i].queue, row);
    else if (row.state == DeliveryState::pending)
      loader_.leave_behind(*left[i].limiter, row);
  }
  return {};
}

}  // namespace dispatch::flow
