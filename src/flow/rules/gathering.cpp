#include "flow/rules/gathering.hpp"

#include <algorithm>

namespace dispatch::flow {

Gathering::Wait Gathering::wait(const Load& load) const {
  const auto patience = std::min(longest, quickest_ / 100);
  if (patience < shortest || load.under_way < under_way_least) return {};
  // Each outcome takes one of those ahead. Half of them are left for the time of the turn.
  const std::size_t outcomes = load.waiting == 0 ? enough : std::min(enough, load.ahead / 2);
  if (outcomes < 2) return {};
  return {patience, outcomes};
}

void Gathering::note(std::span<const journal::Settlement> settled) {
  auto quickest = std::chrono::microseconds::max();
  for (const auto& settlement : settled)
    if (const auto took = settlement.outcome->took; took.count() > 0) quickest = std::min(quickest, took);
  if (quickest == std::chrono::microseconds::max()) return;
  quickest_ =
      quickest < quickest_ || quickest_.count() == 0 ? quickest : quickest_ + (quickest - quickest_) / 8;
}

}  // namespace dispatch::flow
