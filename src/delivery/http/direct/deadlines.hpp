#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/intrusive_list.hpp"

#include <chrono>
#include <map>
#include <optional>

namespace dispatch::delivery {

/// The deadlines of what is under way. Most have one of few timeouts and begin in order, so that each is
/// added and removed in the same short time. `Item` has a member `SteadyTime deadline`.
template <class Item>
class Deadlines {
 public:
  /// Adds an item with its deadline; `timeout` is how long after its begin that is.
  void add(ListHook<Item>& hook, SteadyTime deadline, std::chrono::milliseconds timeout) {
    if (by_timeout_.size() > lists_most)
      std::erase_if(by_timeout_, [](const auto& it) { return it.second.empty(); });
    by_timeout_[timeout].insert_after_last(hook,
                                           [=](const Item& other) { return other.deadline <= deadline; });
  }

  /// The earliest deadline; nothing if there is none.
  std::optional<SteadyTime> next() const {
    const Item* const first = earliest();
    return first == nullptr ? std::nullopt : std::optional{first->deadline};
  }

  /// An item whose deadline is the earliest; null if there is none.
  Item* earliest() const {
    Item* earliest = nullptr;
    for (const auto& [timeout, items] : by_timeout_)
      if (Item* const first = items.front();
          first != nullptr && (earliest == nullptr || first->deadline < earliest->deadline))
        earliest = first;
    return earliest;
  }

 private:
  static constexpr std::size_t lists_most = 1'000;
  std::map<std::chrono::milliseconds, IntrusiveList<Item>> by_timeout_;  // each ordered by deadline
};

}  // namespace dispatch::delivery
