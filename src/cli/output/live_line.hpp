#pragma once

#include "base/system/patient_output.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// A status line at the bottom of a terminal, which is rewritten in place while other lines scroll above it.
/// All other output to stderr must go through this object. Thread-safe.
class LiveLine {
 public:
  /// Erases the line.
  ~LiveLine();
  explicit LiveLine(std::shared_ptr<PatientOutput> output) : output_(std::move(output)) {}
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  // Terminal control characters (base/text/printable.hpp) are made printable in all texts.

  /// Replaces the line, cut to the width of the terminal. An empty text removes the line.
  void show(std::string_view text);
  /// Writes whole lines to stderr, above the live line if there is one.
  void print(std::string_view lines);

  /// A logger with the format and level of `log` that writes above the live line. Do not use it after this
  /// object is destroyed.
  std::shared_ptr<spdlog::logger> logger(const spdlog::logger& log);

 private:
  class Sink;
  const std::shared_ptr<PatientOutput> output_;
  std::mutex mutex_;
  std::string shown_;
};

}  // namespace dispatch::cli
