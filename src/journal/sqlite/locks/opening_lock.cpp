#include "journal/sqlite/locks/opening_lock.hpp"

namespace dispatch::journal {

Result<OpeningLock> OpeningLock::take(const std::filesystem::path& journal, const LockWait& wait) {
  DISPATCH_ASSIGN(auto file, LockFile::open(journal));
  LockWaiter waiter{file, LockFile::Byte::opening, wait};
  DISPATCH_TRY(waiter.take(file, LockFile::Byte::opening));
  waiter.say_taken();
  return OpeningLock{std::move(file)};
}

Result<> OpeningLock::wait_for_restore(const std::filesystem::path& journal, const LockWait& wait) {
  // A lock file that cannot be examined is reported when the journal is opened.
  if (!LockFile::is_locked(journal, LockFile::Byte::opening).value_or(false)) return {};
  const auto taken = take(journal, wait);
  if (!taken) return tl::unexpected(taken.error());
  return {};
}

}  // namespace dispatch::journal
