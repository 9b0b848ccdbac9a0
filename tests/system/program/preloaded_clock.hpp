#pragma once

#include "base/system/fd.hpp"
#include "system/program/child.hpp"

#include <chrono>

namespace dispatch::test {

/// The wall clock of the processes that are started with setup(): it is set while they run. Their steady
/// clock is the machine's.
class PreloadedClock {
 public:
  explicit PreloadedClock(const TempDir& directory);

  Child::Setup setup() const;
  /// From now on the clock is so far ahead of the machine's.
  void set(std::chrono::nanoseconds ahead) const;

 private:
  std::string path_;
  Fd file_;
};

}  // namespace dispatch::test
