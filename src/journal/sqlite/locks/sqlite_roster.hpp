#pragma once

#include "journal/roster.hpp"
#include "journal/sqlite/locks/ownership.hpp"

#include <filesystem>
#include <optional>
#include <utility>

namespace dispatch::journal {

/// The roster of a SQLite journal: one process owns all buckets, through the journal's lock file, or none.
class SqliteRoster final : public Roster {
 public:
  explicit SqliteRoster(std::filesystem::path journal) : journal_(std::move(journal)) {}

  Result<Joined> join() override;
  /// Always none: the holder of the lock keeps it. The owner of a replaced journal stops by itself.
  Result<Buckets> lost() override { return Buckets{}; }
  void leave() noexcept override { ownership_.reset(); }

 private:
  const std::filesystem::path journal_;
  std::optional<Ownership> ownership_;
};

}  // namespace dispatch::journal
