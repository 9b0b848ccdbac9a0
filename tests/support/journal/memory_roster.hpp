#pragma once

#include "journal/roster.hpp"

#include <memory>
#include <utility>

namespace dispatch::test {

/// A roster in memory: of the objects on one `owned` the first that joins owns all.
class MemoryRoster final : public journal::Roster {
 public:
  explicit MemoryRoster(std::shared_ptr<bool> owned = std::make_shared<bool>(false))
      : owned_(std::move(owned)) {}
  ~MemoryRoster() override { leave(); }
  MemoryRoster(const MemoryRoster&) = delete;
  MemoryRoster& operator=(const MemoryRoster&) = delete;

  Result<Joined> join() override {
    if (*owned_) return Joined{};
    *owned_ = mine_ = true;
    return Joined{.won = journal::Buckets{}.set(), .left = {}};
  }
  Result<journal::Buckets> lost() override { return journal::Buckets{}; }
  void leave() noexcept override {
    if (std::exchange(mine_, false)) *owned_ = false;
  }

 private:
  std::shared_ptr<bool> owned_;
  bool mine_ = false;
};

}  // namespace dispatch::test
