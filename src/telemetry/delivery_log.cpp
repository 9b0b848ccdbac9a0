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

spdlog::level::level_enum level_of(const flow::Story& story) {
  const bool serious = story.by == Transition::bury || story.outcome == OutcomeKind::unknown ||
                       story.outcome == OutcomeKind::local_failure;
  return serious ? spdlog::level::warn : spdlog::level::debug;
}

std::string_view message_of(const flow::Story& story) {
  if (story.by == Transition::succeed) return "delivered";
  if (story.by == Transition::bury) return "dead letter";
  if (story.outcome == OutcomeKind::unknown) return "outcome unknown, to be sent again";
  if (story.outcome == OutcomeKind::withdrawn) return "withdrawn before it was sent";
  if (story.outcome == OutcomeKind::local_failure)
    return "not sent by a failure of this machine, to be sent later";
  if (story.outcome == OutcomeKind::throttled) return "the receiver asks for time, to be sent later";
  if (story.by == Transition::exclude) return "not meant: the filter of its subscription excludes it";
  return "failed, to be tried again";
}

/// What a line says of an attempt; borrows from the story.
class Fields {
 public:
  explicit Fields(const flow::Story& story)
      : trace_(story.trace ? tracing::hex(story.trace.trace) : std::string{}),
        span_(story.trace ? tracing::hex(story.trace.span) : std::string{}) {
    const auto& texts = story.texts;
    add("event_id", texts[flow::Story::event_id]);
    add("entity_id", texts[flow::Story::entity_id]);
    if (story.sequence) add("sequence", story.sequence->value());
    add("attempt", std::int64_t{story.attempt});
    add("host", texts[flow::Story::host]);
    add("correlation_id", texts[flow::Story::correlation_id]);
    add("subscription", texts[flow::Story::subscription]);
    if (story.generation > 0) add("generation", story.generation);
    add("outcome", story.outcome_name);
    if (story.status != 0) add("status", std::int64_t{story.status});
    add("error", story.error);
    fields_[count_++] = {"took_ms", std::chrono::duration<double, std::milli>(story.took).count()};
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

bool DeliveryLog::wants_stories() const {
  return log_->should_log(spdlog::level::warn);
}

void DeliveryLog::committed(const flow::CommittedTurn& turn) {
  batch_.clear();
  for (const auto& story : turn.stories)
    if (const auto level = level_of(*story); log_->should_log(level))
      batch_.push_back({story, level, spdlog::log_clock::time_point{story->ended.time_since_epoch()}});
  lines_.put(batch_);
}

std::shared_ptr<spdlog::logger> DeliveryLog::aside() {
  auto aside = std::make_shared<spdlog::logger>(log_->name(), std::make_shared<Aside>(lines_));
  aside->set_level(log_->level());
  return aside;
}

void DeliveryLog::write(const Line& line) {
  if (line.story != nullptr)
    log_with(*log_, line.level, line.time, message_of(*line.story), Fields{*line.story}.all());
  else
    log_->log(line.time, spdlog::source_loc{}, line.level, line.said);
}

}  // namespace dispatch::telemetry
