#pragma once

#include "system/program/child.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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

/// Runs the command until its output has that text. False where it does not in time.
inline bool comes_to_list(const TempDir& directory, const std::vector<std::string>& command,
                          std::string_view text) {
  for (const auto end = std::chrono::steady_clock::now() + patience;
       std::chrono::steady_clock::now() < end;) {
    if (has(run_dispatch(directory, command).out, text)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return false;
}

}  // namespace dispatch::test
