#include "journal/sqlite/locks/writer_lock.hpp"

namespace dispatch::journal {

Result<WriterLock> WriterLock::open(const std::filesystem::path& journal) {
  DISPATCH_ASSIGN(auto file, LockFile::open(journal));
  return WriterLock{std::move(file)};
}

Result<> WriterLock::lock() {
  DISPATCH_TRY(file_.lock(LockFile::Byte::turnstile));
  auto entered = file_.lock(LockFile::Byte::writer_lock);
  file_.unlock(LockFile::Byte::turnstile);
  DISPATCH_TRY(std::move(entered));
  auto in_place = file_.check_in_place();
  if (!in_place) unlock();
  return in_place;
}

}  // namespace dispatch::journal
