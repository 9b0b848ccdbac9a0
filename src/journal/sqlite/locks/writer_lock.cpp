#include "journal/sqlite/locks/writer_lock.hpp"

namespace dispatch::journal {

Result<WriterLock> WriterLock::open(const std::filesystem::path& journal, LockWait wait) {
  DISPATCH_ASSIGN(auto file, LockFile::open(journal));
  return WriterLock{std::move(file), std::move(wait)};
}

Result<> WriterLock::lock() {
  LockWaiter waiter{file_, LockFile::Byte::writer_lock, wait_};
  DISPATCH_TRY(waiter.take(file_, LockFile::Byte::turnstile));
  auto entered = waiter.take(file_, LockFile::Byte::writer_lock);
  file_.unlock(LockFile::Byte::turnstile);
  DISPATCH_TRY(std::move(entered));
  waiter.say_taken();
  auto in_place = file_.check_in_place();
  if (!in_place) unlock();
  return in_place;
}

}  // namespace dispatch::journal
