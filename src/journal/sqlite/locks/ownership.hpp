#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// The right to dispatch a journal. At most one object over all processes has it. It lasts as long as the
/// object; the kernel releases it when the process ends for any reason, so that a rerun can take it at once.
class Ownership {
 public:
  /// Takes the ownership without waiting; nothing if another object has it. Returns `unavailable` if the lock
  /// file was removed or replaced meanwhile.
  static Result<std::optional<Ownership>> try_take(const std::filesystem::path& journal);
  /// Like the function above, with a lock file that is already open.
  static Result<std::optional<Ownership>> try_take(LockFile file);

  /// True if some object has it now. Does not take it, not even for a moment.
  static Result<bool> is_taken(const std::filesystem::path& journal);

  /// The process id of the owner as that process sees itself; nothing if there is no owner or its id is not
  /// known. For messages.
  static std::optional<std::int64_t> owner_pid(const std::filesystem::path& journal);

 private:
  explicit Ownership(LockFile file) : file_(std::move(file)) {}
  LockFile file_;
};

}  // namespace dispatch::journal
