#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string_view>

namespace dispatch {

/// Standard error of a process that must be able to end although nobody reads what it says. Thread-safe.
class PatientOutput {
 public:
  /// Borrows the descriptor, whose flags are left alone, as it is shared with other processes.
  explicit PatientOutput(int descriptor) : descriptor_(descriptor) {}

  /// Writes all of `text`, and waits while there is no room. Once patience is over, what there is no room for
  /// is lost. What the descriptor refuses is lost, too: nobody is left to tell.
  void write(std::string_view text);

  /// From now on all calls of write() together wait no longer than that, those that wait already included. A
  /// second call does nothing.
  void hurry(std::chrono::milliseconds patience);
  /// The patience of a program that has done its work: what nobody has read by then is lost.
  static constexpr std::chrono::seconds last_words_patience{5};

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool wait_for_room() const;

  const int descriptor_;
  std::mutex mutex_;
  std::atomic<Time> until_{Time::max()};
};

}  // namespace dispatch
