#include "journal/sqlite/locks/gate.hpp"

namespace dispatch::journal {

Result<Gate> Gate::open(const std::filesystem::path& journal) {
  auto file = LockFile::open(journal);
  if (!file) return tl::unexpected(std::move(file).error());
  return Gate{std::move(*file)};
}

Result<> Gate::enter() {
  DISPATCH_TRY(file_.lock(LockFile::Byte::turnstile));
  auto entered = file_.lock(LockFile::Byte::gate);
  file_.unlock(LockFile::Byte::turnstile);
  DISPATCH_TRY(std::move(entered));
  auto in_place = file_.check_in_place();
  if (!in_place) leave();
  return in_place;
}

}  // namespace dispatch::journal
