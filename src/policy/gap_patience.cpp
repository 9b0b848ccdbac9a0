#include "policy/gap_patience.hpp"

#include <algorithm>

namespace dispatch::policy {

void GapPatience::see(std::optional<WallTime> since, WallTime now, SteadyTime steady) {
  if (since == since_) return;
  since_ = since;
  due_.reset();
  if (!since) return;
  // Compared before it is subtracted: a stored time may be any.
  if (*since >= now)
    due_ = steady + patience_;
  else if (*since <= now - patience_)
    due_ = steady;
  else
    due_ = steady + (patience_ - (now - *since));
}

std::optional<WallTime> GapPatience::waited_for(SteadyTime steady) const {
  if (!due_ || steady < *due_) return std::nullopt;
  return *since_ + std::chrono::duration_cast<std::chrono::microseconds>(steady - *due_);
}

}  // namespace dispatch::policy
