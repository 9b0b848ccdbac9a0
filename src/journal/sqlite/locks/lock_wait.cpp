#include "journal/sqlite/locks/lock_wait.hpp"

#include "base/text/units.hpp"
#include "journal/sqlite/locks/lock_holder.hpp"

namespace dispatch::journal {

namespace {

using namespace std::chrono_literals;

/// So often it is asked whether to give up.
constexpr auto look_every = 200ms;
/// Shorter waits are nothing to talk about: a busy owner gives way within a turn.
constexpr auto silent_for = 1s;

}  // namespace

LockWaiter::LockWaiter(const LockFile& file, LockFile::Byte for_byte, const LockWait& wait)
    : file_(file), for_byte_(for_byte), wait_(wait) {}

Result<> LockWaiter::take(LockFile& file, LockFile::Byte byte) {
  DISPATCH_ASSIGN(const bool is_free, file.try_lock(byte));
  if (is_free) return {};
  if (!began_) began_ = Clock::now();
  while (true) {
    if (wait_.gives_up && wait_.gives_up())
      return interrupted(
          "interrupted while waiting for journal {}, which {} has locked; nothing more was written",
          file_.journal().string(), holder());
    DISPATCH_ASSIGN(const bool taken, file.lock_within(byte, look_every));
    if (taken) return {};
    if (!said_ && Clock::now() - *began_ >= silent_for) say_waiting();
  }
}

void LockWaiter::say_waiting() {
  said_ = true;
  if (wait_.notice)
    wait_.notice(fmt::format("waiting for journal {}: {} has locked it", file_.journal().string(), holder()));
}

void LockWaiter::say_taken() const {
  if (said_ && wait_.notice)
    wait_.notice(
        fmt::format("journal {} is free again after {}", file_.journal().string(),
                    format_duration(std::chrono::floor<std::chrono::seconds>(Clock::now() - *began_))));
}

std::string LockWaiter::holder() const {
  if (const auto pid = holder_of(file_.identity(), for_byte_))
    return fmt::format("process {} (see: ps -fp {})", *pid, *pid);
  return "another process";
}

}  // namespace dispatch::journal
