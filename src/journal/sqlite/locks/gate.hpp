#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"

#include <filesystem>

namespace dispatch::journal {

/// Lets one writer at a time through, over all processes and all objects: every write transaction and every
/// checkpoint of a journal happens inside its gate. SQLite's own locks would serialise the transactions, but
/// SQLite up to 3.51.2 can corrupt a WAL when one connection commits while another checkpoints it twice.
///
/// Fair: whoever waits for the gate holds the turnstile in front of it, so that a busy writer that leaves and
/// comes back queues up behind those who wait.
class Gate {
 public:
  static Result<Gate> open(const std::filesystem::path& journal);

  /// Waits for its turn. Not while inside. `unavailable` where the lock file has been removed or replaced by
  /// then.
  Result<> enter();
  void leave() noexcept { file_.unlock(LockFile::Byte::gate); }

  const LockFile& file() const { return file_; }

 private:
  explicit Gate(LockFile file) : file_(std::move(file)) {}
  LockFile file_;
};

/// Being inside of a gate; leaves it at the end of the scope.
class Inside {
 public:
  static Result<Inside> enter(Gate& gate) {
    DISPATCH_TRY(gate.enter());
    return Inside{gate};
  }
  Inside(Inside&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  Inside& operator=(Inside&& other) noexcept {
    std::swap(gate_, other.gate_);
    return *this;
  }
  ~Inside() {
    if (gate_ != nullptr) gate_->leave();
  }

 private:
  explicit Inside(Gate& gate) : gate_(&gate) {}
  Gate* gate_;
};

}  // namespace dispatch::journal
