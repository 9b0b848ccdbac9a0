#include "operations/causation_tree.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dispatch::operations {
namespace {

class Tree {
 public:
  explicit Tree(std::span<const journal::EventRecord> events)
      : events_(events), causes_(events.size()), effects_(events.size()), told_(events.size()) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < events.size(); ++i) places.emplace(events[i].event_id, i);
    for (std::size_t i = 0; i < events.size(); ++i) {
      const auto found = places.find(events[i].causation_id);
      if (found == places.end()) continue;
      causes_[i] = found->second;
      effects_[found->second].push_back(i);
    }
  }

  std::vector<Caused> tell() {
    for (std::size_t i = 0; i < events_.size(); ++i)
      if (!causes_[i]) tell_from({i, 0, events_[i].causation_id.empty() ? Cause::none : Cause::away});
    for (std::size_t i = 0; i < events_.size(); ++i)
      if (!told_[i]) tell_from({first_of_circle(i), 0, Cause::circle});
    return std::move(order_);
  }

 private:
  // Chains can be as long as the journal: no recursion.
  void tell_from(const Caused& root) {
    std::vector<Caused> next{root};
    while (!next.empty()) {
      const Caused caused = next.back();
      next.pop_back();
      if (told_[caused.event]) continue;  // the root of a circle, again
      told_[caused.event] = true;
      order_.push_back(caused);
      const auto& effects = effects_[caused.event];
      for (auto effect = effects.rbegin(); effect != effects.rend(); ++effect)
        next.push_back({*effect, caused.depth + 1, Cause::shown, caused.event});
    }
  }

  // Of the circle that the causes of `event` end in, as they end in no root. One that goes twice as fast
  // meets the other in it.
  std::size_t first_of_circle(std::size_t event) const {
    std::size_t slow = event, fast = event;
    do {
      slow = *causes_[slow];
      fast = *causes_[*causes_[fast]];
    } while (slow != fast);
    std::size_t first = slow;
    for (std::size_t i = *causes_[slow]; i != slow; i = *causes_[i]) first = std::min(first, i);
    return first;
  }

  std::span<const journal::EventRecord> events_;
  std::vector<std::optional<std::size_t>> causes_;
  std::vector<std::vector<std::size_t>> effects_;
  std::vector<bool> told_;
  std::vector<Caused> order_;
};

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::shown:
      return "shown";
    case Cause::away:
      return "away";
    case Cause::circle:
      break;
  }
  return "circle";
}

std::vector<Caused> causation_tree(std::span<const journal::EventRecord> events) {
  return Tree{events}.tell();
}

}  // namespace dispatch::operations
