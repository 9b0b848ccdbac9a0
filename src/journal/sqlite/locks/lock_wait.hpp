#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace dispatch::journal {

/// What is done while another process holds a lock.
struct LockWait {
  /// Receives a message after a second of waiting, and another one when the lock was taken after that.
  /// Default: none.
  std::function<void(const std::string&)> notice = {};
  /// Asked several times a second, on the waiting thread; true ends the wait. Default: wait without limit.
  std::function<bool()> gives_up = {};
};

/// One wait for one or several bytes of a lock file, one after the other.
class LockWaiter {
 public:
  /// `for_byte` is the lock that all of the wait is for; messages name its holder.
  LockWaiter(const LockFile& file, LockFile::Byte for_byte, const LockWait& wait);

  /// Waits until `file` holds the byte. Returns `interrupted` if LockWait::gives_up ends the wait. An
  /// uncontended lock costs one system call.
  Result<> take(LockFile& file, LockFile::Byte byte);
  /// Reports, if the wait was reported, that it is over.
  void say_taken() const;

 private:
  using Clock = std::chrono::steady_clock;

  std::string holder() const;
  void say_waiting();

  const LockFile& file_;
  const LockFile::Byte for_byte_;
  const LockWait& wait_;
  std::optional<Clock::time_point> began_;  ///< the wait; nothing while no lock was held by another
  bool said_ = false;
};

}  // namespace dispatch::journal
