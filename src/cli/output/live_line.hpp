#pragma once

#include "base/system/patient_output.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// The last line of a terminal, which is written again and again while other lines pass above it. All that
/// goes to stderr meanwhile must go through here. Thread-safe.
class LiveLine {
 public:
  /// Erases the line.
  ~LiveLine();
  explicit LiveLine(std::shared_ptr<PatientOutput> output) : output_(std::move(output)) {}
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // What steers a terminal (base/text/printable.hpp) is made printable in all that is given here.

  /// Replaces the line; it is cut to the width of the terminal. Empty: there is none.
  void show(std::string_view text);
  /// Writes whole lines to stderr, above the live line where there is one.
  void print(std::string_view lines);

  /// A logger that says what `log` says, in the same form, above the live line. Not to be used after this
  /// object.
  std::shared_ptr<spdlog::logger> logger(const spdlog::logger& log);

 private:
  class Sink;
  const std::shared_ptr<PatientOutput> output_;
  std::mutex mutex_;
  std::string shown_;
};

}  // namespace dispatch::cli
