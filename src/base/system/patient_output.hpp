#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string_view>

namespace dispatch {

/// Standard error of a process that must be able to end even if nobody reads its output. Thread-safe.
class PatientOutput {
 public:
  /// Borrows the descriptor. Does not change its flags, because other processes share it.
  explicit PatientOutput(int descriptor) : descriptor_(descriptor) {}

  /// Writes all of `text`, and waits while there is no room. After the patience set by hurry() has ended,
  /// text without room is lost. Text is also lost if the descriptor refuses it, because there is no other
  /// place to report that.
  void write(std::string_view text);

  /// From now on all calls of write() together wait at most this long, including current ones. A second call
  /// does nothing.
  void hurry(std::chrono::milliseconds patience);
  /// The patience of a program that has finished its work.
  static constexpr std::chrono::seconds last_words_patience{5};

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool wait_for_room() const;

  const int descriptor_;
  std::mutex mutex_;
  std::atomic<Time> until_{Time::max()};
};

}  // namespace dispatch
