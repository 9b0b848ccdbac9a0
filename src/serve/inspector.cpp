#include "serve/inspector.hpp"

#include <algorithm>
#include <array>

namespace dispatch::serve {

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 5> names{"new", "retry", "duplicate", "out of order",
                                                         "repeated number"};
  return names[static_cast<std::size_t>(verdict)];
}

Verdict Inspector::inspect(const DeliveryMark& mark, bool success) {
  const Verdict verdict = verdict_on(mark);
  ++counts_.requests;
  switch (verdict) {
    case Verdict::fresh:
      break;
    case Verdict::again:
      ++counts_.again;
      break;
    case Verdict::duplicate:
      ++counts_.duplicates;
      break;
    case Verdict::out_of_order:
      ++counts_.out_of_order;
      break;
    case Verdict::repeated:
      ++counts_.repeated;
      break;
  }
  if (!mark.idempotency_key.empty()) {
    auto& seen = keys_[mark.idempotency_key];
    ++seen.times;
    if (success && !seen.completed) {
      seen.completed = true;
      ++counts_.completed;
    }
  }
  if (success && !mark.entity.empty() && mark.sequence) {
    auto& last = last_completed_[mark.entity];
    last = std::max(last.value_or(*mark.sequence), *mark.sequence);
  }
  return verdict;
}

std::uint64_t Inspector::times_seen(const std::string& idempotency_key) {
  const auto* const seen = keys_.find(idempotency_key);
  return seen == nullptr ? 0 : seen->times;
}

Verdict Inspector::verdict_on(const DeliveryMark& mark) {
  const auto* const seen = keys_.find(mark.idempotency_key);
  if (seen != nullptr && seen->completed) return Verdict::duplicate;
  if (!mark.entity.empty() && mark.sequence) {
    const auto* const last = last_completed_.find(mark.entity);
    if (last != nullptr && *mark.sequence < **last) return Verdict::out_of_order;
    if (last != nullptr && *mark.sequence == **last) return Verdict::repeated;
  }
  return seen != nullptr ? Verdict::again : Verdict::fresh;
}

}  // namespace dispatch::serve
