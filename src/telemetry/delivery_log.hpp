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

/// Says how each attempt ended, with what tells it from others. Lines are made and written by a thread of
/// their own, in the order in which things happened, so that nobody who works waits for whoever reads them.
class DeliveryLog final : public flow::Observer {
 public:
  DeliveryLog(std::shared_ptr<spdlog::logger> log, std::stop_token stop);

  bool wants_attempt_traces() const override;
  void committed(const flow::CommittedTurn& turn) override;

  /// A logger for whoever must not wait: what it says goes the same way. Not to be used after this object.
  std::shared_ptr<spdlog::logger> aside();

  /// As those of metrics::Pipeline.
  bool drain(std::chrono::milliseconds patience) { return lines_.drain(patience); }
  std::uint64_t dropped() const { return lines_.dropped(); }

 private:
  struct Line {
    std::shared_ptr<const flow::AttemptTrace> attempt_trace;  // null: what was said
    spdlog::level::level_enum level = spdlog::level::info;
    spdlog::log_clock::time_point time{};
    std::string said{};
  };
  class Aside;

  void write(const Line& line);

  const std::shared_ptr<spdlog::logger> log_;
  std::vector<Line> batch_;  // of the turn
  metrics::Pipeline<Line> lines_;
};

}  // namespace dispatch::telemetry
