#pragma once

#include "system/program/child.hpp"

#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>

namespace dispatch::test {

/// Asks the run, which must have begun, how it goes until it says so. False where it does not in time.
inline bool comes_to_say(const Child& run, std::string_view text) {
  for (const auto end = std::chrono::steady_clock::now() + patience;
       std::chrono::steady_clock::now() < end;) {
    run.signal(SIGUSR1);
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    if (has(run.err().text(), text)) return true;
  }
  return false;
}

}  // namespace dispatch::test
