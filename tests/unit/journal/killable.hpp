#pragma once

#include "base/system/fd.hpp"

#include <csignal>
#include <memory>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dispatch::test {

/// A process that takes something, says so, and holds it until it is killed. Make it while no other thread
/// runs and before this process has a journal open.
class Killable {
 public:
  /// `take` gives a std::shared_ptr of what is to be held; null where it cannot be had.
  template <class Take>
  explicit Killable(Take take) {
    int ends[2];
    if (::pipe(ends) != 0) return;
    said_ = Fd{ends[0]};
    const Fd say{ends[1]};
    process_ = ::fork();
    if (process_ != 0) return;
    const auto held = take();
    if (!held || ::write(say.get(), "!", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  Killable(const Killable&) = delete;
  Killable& operator=(const Killable&) = delete;
  ~Killable() { kill(); }

  /// Waits until the process has taken what it is to hold; false where it could not.
  bool is_holding() const {
    char said = 0;
    return process_ > 0 && ::read(said_.get(), &said, 1) == 1;
  }

  pid_t pid() const { return process_; }

  /// Kills it and waits until it is gone.
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  Fd said_;
  pid_t process_ = -1;
};

}  // namespace dispatch::test
