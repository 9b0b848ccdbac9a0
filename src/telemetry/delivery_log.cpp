#include "telemetry/delivery_log.hpp"

#include "base/system/log.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <spdlog/sinks/sink.h>

namespace dispatch::telemetry {
namespace {

/// A second of a busy run that says everything.
constexpr std::size_t lines_waiting = 16'384;

spdlog::level::level_enum level_of(const flow::AttemptTrace& attempt_trace) {
  const bool serious = attempt_trace.by == Transition::bury ||
                       attempt_trace.outcome == OutcomeKind::unknown ||
                       attempt_trace.outcome == OutcomeKind::local_failure;
  return serious ? spdlog::level::warn : spdlog::level::debug;
}

std::string_view message_of(const flow::AttemptTrace& attempt_trace) {
  if (attempt_trace.by == Transition::succeed) return "delivered";
  if (attempt_trace.by == Transition::bury) return "dead letter";
  if (attempt_trace.outcome == OutcomeKind::unknown) return "outcome unknown, to be sent again";
  if (attempt_trace.outcome == OutcomeKind::withdrawn) return "withdrawn before it was sent";
  if (attempt_trace.outcome == OutcomeKind::local_failure)
    return "not sent by a failure of this machine, to be sent later";
  if (attempt_trace.outcome == OutcomeKind::throttled) return "the receiver asks for time, to be sent later";
  if (attempt_trace.by == Transition::exclude) return "not meant: the filter of its subscription excludes it";
  return "failed, to be tried again";
}

/// What a line says of an attempt; borrows from the attempt trace.
class Fields {
 public:
  explicit Fields(const flow::AttemptTrace& attempt_trace)
      : trace_(attempt_trace.trace ? tracing::hex(attempt_trace.trace.trace) : std::string{}),
        span_(attempt_trace.trace ? tracing::hex(attempt_trace.trace.span) : std::string{}) {
    const auto& texts = attempt_trace.texts;
    add("event_id", texts[flow::AttemptTrace::event_id]);
    add("entity_id", texts[flow::AttemptTrace::entity_id]);
    if (attempt_trace.sequence) add("sequence", attempt_trace.sequence->value());
    add("attempt", std::int64_t{attempt_trace.attempt});
    add("host", texts[flow::AttemptTrace::host]);
    add("correlation_id", texts[flow::AttemptTrace::correlation_id]);
    add("subscription", texts[flow::AttemptTrace::subscription]);
    if (attempt_trace.generation > 0) add("generation", attempt_trace.generation);
    add("outcome", attempt_trace.outcome_name);
    if (attempt_trace.status != 0) add("status", std::int64_t{attempt_trace.status});
    add("error", attempt_trace.error);
    fields_[count_++] = {"took_ms", std::chrono::duration<double, std::milli>(attempt_trace.took).count()};
    add("trace_id", trace_);
    add("span_id", span_);
  }
  std::span<const LogField> all() const { return std::span{fields_}.first(count_); }

 private:
  void add(std::string_view key, std::string_view text) {
    if (!text.empty()) fields_[count_++] = {key, text};
  }
  void add(std::string_view key, std::int64_t number) { fields_[count_++] = {key, number}; }

  std::string trace_, span_;
  std::array<LogField, 14> fields_{};
  std::size_t count_ = 0;
};

}  // namespace

/// Puts what is said among the lines.
class DeliveryLog::Aside final : public spdlog::sinks::sink {
 public:
  explicit Aside(metrics::Pipeline<Line>& lines) : lines_(lines) {}
  void log(const spdlog::details::log_msg& message) override {
    const Line line{nullptr, message.level, message.time,
                    std::string{message.payload.data(), message.payload.size()}};
    lines_.put({&line, 1});
  }
  void flush() override {}
  // The logger behind has a form of its own.
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  metrics::Pipeline<Line>& lines_;
};

DeliveryLog::DeliveryLog(std::shared_ptr<spdlog::logger> log, std::stop_token stop)
    : log_(std::move(log)), lines_(lines_waiting, 1, std::move(stop), [this](std::span<const Line> lines) {
        for (const Line& line : lines) write(line);
        return std::size_t{0};
      }) {}

bool DeliveryLog::wants_attempt_traces() const {
  return log_->should_log(spdlog::level::warn);
}

void DeliveryLog::committed(const flow::CommittedTurn& turn) {
  batch_.clear();
  for (const auto& attempt_trace : turn.attempt_traces)
    if (const auto level = level_of(*attempt_trace); log_->should_log(level))
      batch_.push_back(
          {attempt_trace, level, spdlog::log_clock::time_point{attempt_trace->ended.time_since_epoch()}});
  lines_.put(batch_);
}

std::shared_ptr<spdlog::logger> DeliveryLog::aside() {
  auto aside = std::make_shared<spdlog::logger>(log_->name(), std::make_shared<Aside>(lines_));
  aside->set_level(log_->level());
  return aside;
}

void DeliveryLog::write(const Line& line) {
  if (line.attempt_trace != nullptr)
    log_with(*log_, line.level, line.time, message_of(*line.attempt_trace),
             Fields{*line.attempt_trace}.all());
  else
    log_->log(line.time, spdlog::source_loc{}, line.level, line.said);
}

}  // namespace dispatch::telemetry
