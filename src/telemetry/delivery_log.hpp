#pragma once

#include "flow/observe/attempt_trace.hpp"
#include "flow/observe/observer.hpp"
#include "metrics/pipeline.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <spdlog/logger.h>

namespace dispatch::telemetry {

/// Logs how each attempt ended, with its identifying fields. A thread of its own formats and writes the
/// lines, in order, so that no working thread waits for a reader of the log.
class DeliveryLog final : public flow::Observer {
 public:
  DeliveryLog(std::shared_ptr<spdlog::logger> log, std::stop_token stop);

  bool wants_attempt_traces() const override;
  void committed(const flow::CommittedTurn& turn) override;

  /// A logger for threads that must not wait; its messages are written in the same order. Do not use it after
  /// this object is destroyed.
  std::shared_ptr<spdlog::logger> aside();

  /// See metrics::Pipeline.
  bool drain(std::chrono::milliseconds patience) { return lines_.drain(patience); }
  std::uint64_t dropped() const { return lines_.dropped(); }

 private:
  struct Line {
    std::shared_ptr<const flow::AttemptTrace> attempt_trace;  // null: the line is a message
    spdlog::level::level_enum level = spdlog::level::info;
    spdlog::log_clock::time_point time{};
    std::string said{};
  };
  class Aside;

  void write(const Line& line);

  const std::shared_ptr<spdlog::logger> log_;
  std::vector<Line> batch_;  // of the current turn
  metrics::Pipeline<Line> lines_;
};

}  // namespace dispatch::telemetry
