#include "delivery/http/shared_idle_limit.hpp"

#include <algorithm>

namespace dispatch::delivery {

std::size_t SharedIdleLimit::note(std::size_t place, std::size_t idle) {
  // In one total order with the loads below: of two transports that note at the same time at least one sees
  // what the other has.
  idle_[place].idle.store(idle, std::memory_order_seq_cst);
  std::size_t others = 0;
  for (std::size_t other = 0; other < idle_.size(); ++other)
    if (other != place) others += idle_[other].idle.load(std::memory_order_seq_cst);
  return most_ > others ? most_ - others : 0;
}

std::size_t SharedIdleLimit::equal_share() const {
  return std::max<std::size_t>(1, most_ / idle_.size());
}

}  // namespace dispatch::delivery
