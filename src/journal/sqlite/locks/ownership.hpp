#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// The right to dispatch what a journal holds: at most one object has it, over all processes. It lasts as
/// long as the object; the kernel takes it back when the process ends, however it ends, so that a rerun has
/// it at once.
class Ownership {
 public:
  /// Nothing where somebody else is the owner. Does not wait. `unavailable` where the lock file was removed
  /// or replaced meanwhile.
  static Result<std::optional<Ownership>> try_take(const std::filesystem::path& journal);
  /// The same with a lock file that was opened before.
  static Result<std::optional<Ownership>> try_take(LockFile file);

  /// True where somebody has it now. Does not take it, not even for a moment.
  static Result<bool> is_taken(const std::filesystem::path& journal);

  /// The id of the process that has it now, as that process sees itself; nothing where nobody has it, or the
  /// id is not known. For messages.
  static std::optional<std::int64_t> owner_pid(const std::filesystem::path& journal);

 private:
  explicit Ownership(LockFile file) : file_(std::move(file)) {}
  LockFile file_;
};

}  // namespace dispatch::journal
