#include "cli/output/attempt_table.hpp"

#include "base/text/json.hpp"
#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "cli/output/event_text.hpp"
#include "cli/output/listing.hpp"
#include "journal/trace.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace dispatch::cli {
namespace {

using journal::AttemptRecord;
using journal::DeliveryRecord;
using journal::EventRecord;
using std::chrono::microseconds;

constexpr std::size_t answer_shown = 120;  // bytes

/// The first bytes of an answer, as one who looks for them would write them.
std::string quoted_excerpt(std::string_view excerpt) {
  auto cut = excerpt.substr(0, answer_shown);
  for (int back = 0; back < 3 && cut.size() < excerpt.size() && (excerpt[cut.size()] & 0xC0) == 0x80; ++back)
    cut.remove_suffix(1);
  std::string quoted;
  append_json_string(quoted, cut);
  return cut.size() < excerpt.size() ? quoted + "..." : quoted;
}

std::string with_answer(const AttemptRecord::End& end) {
  auto text = outcome_text(end);
  if (end.excerpt.empty()) return text;
  return text + ": " + quoted_excerpt(end.excerpt);
}

/// Where the time went, each part for itself; empty where the attempt did not get so far.
struct Parts {
  std::string name, connection, tls, first_byte;
};

Parts parts(const AttemptTimings& timings) {
  microseconds before{0};
  const auto part = [&](const std::optional<microseconds>& until) -> std::string {
    if (!until) return {};
    const auto took = std::max(*until - before, microseconds{0});
    before = std::max(*until, before);
    return format_duration(took);
  };
  Parts parts;
  parts.name = part(timings.name_resolved);
  parts.connection = part(timings.connected);
  parts.tls = part(timings.tls_ready);
  parts.first_byte = part(timings.first_byte);
  return parts;
}

/// The id of the span of an attempt's request; empty where the event has no trace.
std::string span_text(const EventRecord& event, const AttemptRecord& attempt) {
  const auto trace = journal::trace_of_attempt(event.trace, attempt.key, attempt.number);
  return trace ? tracing::hex(trace.span) : std::string{};
}

/// One delivery's attempts, in their order, and what is to become of it.
class AttemptHistory {
 public:
  AttemptHistory(const DeliveryRecord& delivery, const std::vector<AttemptRecord>& all)
      : delivery_(delivery) {
    for (const auto& attempt : all)
      if (attempt.key == delivery.key) attempts_.push_back(&attempt);
  }

  const std::vector<const AttemptRecord*>& attempts() const { return attempts_; }

  /// When the try after the `index`th attempt began or is due; nothing where there is none, or not yet.
  std::optional<WallTime> next_at(std::size_t index) const {
    if (index + 1 < attempts_.size()) return attempts_[index + 1]->began_at;
    if (delivery_.attempts > attempts_[index]->number || delivery_.state != DeliveryState::retry_wait)
      return std::nullopt;
    return delivery_.state_at;
  }

  std::string next_text(std::size_t index, WallTime now) const {
    const auto& attempt = *attempts_[index];
    if (!attempt.ended) return {};
    const bool latest = delivery_.attempts == attempt.number;
    if (const auto next = next_at(index)) {
      if (latest) return until_text(*next, now);
      return "after " + format_duration(std::max<microseconds>(*next - attempt.began_at - attempt.ended->took,
                                                               microseconds{0}));
    }
    if (latest && delivery_.state == DeliveryState::dead_letter) return "none: dead letter";
    if (latest && delivery_.not_meant) return "none: not meant";
    if (latest && delivery_.state == DeliveryState::failed) return "none: given up";
    return {};
  }

 private:
  const DeliveryRecord& delivery_;
  std::vector<const AttemptRecord*> attempts_;
};

void tell_actions(const EventRecord& event, const DeliveryRecord& delivery,
                  const std::function<void(std::string_view)>& write) {
  for (const auto& action : event.actions)
    if (action.key == delivery.key)
      write(fmt::format("{}{} by an operator at {}\n", action.what,
                        action.to.empty() ? "" : " to " + printable(action.to), format_time(action.at)));
}

void tell(const EventRecord& event, const DeliveryRecord& delivery, const AttemptHistory& history,
          WallTime now, const std::function<void(std::string_view)>& write) {
  write(printable(delivery_text(delivery, now)) + '\n');
  if (history.attempts().empty()) return;
  using Align = Table::Align;
  std::vector<Table::Column> columns{{"ATTEMPT", Align::right},
                                     {"BEGAN"},
                                     {"TOOK", Align::right},
                                     {"NAME", Align::right},
                                     {"CONNECTION", Align::right},
                                     {"TLS", Align::right},
                                     {"FIRST BYTE", Align::right},
                                     {"ADDRESS"},
                                     {"NEXT TRY"}};
  if (event.trace) columns.push_back({"SPAN"});
  columns.push_back({"OUTCOME"});
  Table table{std::move(columns), write};
  for (std::size_t i = 0; i < history.attempts().size(); ++i) {
    const auto& attempt = *history.attempts()[i];
    const auto end = attempt.ended.value_or(AttemptRecord::End{});
    const auto split = parts(end.timings);
    std::vector<std::string> cells{std::to_string(attempt.number),
                                   format_time(attempt.began_at),
                                   attempt.ended ? format_duration(end.took) : std::string{},
                                   split.name,
                                   split.connection,
                                   split.tls,
                                   split.first_byte,
                                   end.address,
                                   history.next_text(i, now)};
    if (event.trace) cells.push_back(span_text(event, attempt));
    cells.push_back(attempt.ended ? with_answer(end) : "under way");
    table.row(std::move(cells));
  }
  table.finish();
}

}  // namespace

std::string trace_text(const EventRecord& event) {
  return event.trace ? tracing::hex(event.trace.trace) : std::string{};
}

void tell_attempts(const EventRecord& event, const std::vector<AttemptRecord>& attempts, WallTime now,
                   const std::function<void(std::string_view)>& write) {
  bool first = true;
  for (const auto& delivery : event.deliveries) {
    if (!std::exchange(first, false)) write("\n");
    tell(event, delivery, AttemptHistory{delivery, attempts}, now, write);
    tell_actions(event, delivery, write);
  }
}

std::vector<std::string> attempts_json(const EventRecord& event, const std::vector<AttemptRecord>& attempts) {
  std::vector<std::string> objects;
  for (const auto& delivery : event.deliveries) {
    const AttemptHistory history{delivery, attempts};
    for (std::size_t i = 0; i < history.attempts().size(); ++i) {
      const auto& attempt = *history.attempts()[i];
      JsonObject object{objects.emplace_back()};
      object.add("event_id", event.event_id);
      add_text(object, "subscription", attempt.subscription);
      object.add("destination", attempt.destination)
          .add("generation", attempt.key.generation)
          .add("attempt", attempt.number);
      add_text(object, "trace_id", trace_text(event));
      add_text(object, "span_id", span_text(event, attempt));
      add_time(object, "began_at", attempt.began_at);
      object.add("under_way", !attempt.ended.has_value());
      if (attempt.ended) add_end(object, *attempt.ended);
      add_time(object, "next_at", history.next_at(i));
    }
  }
  return objects;
}

std::vector<std::string> actions_json(const EventRecord& event) {
  std::vector<std::string> objects;
  for (const auto& action : event.actions) {
    const auto delivery = std::find_if(event.deliveries.begin(), event.deliveries.end(),
                                       [&](const DeliveryRecord& one) { return one.key == action.key; });
    if (delivery == event.deliveries.end()) continue;
    JsonObject object{objects.emplace_back()};
    object.add("event_id", event.event_id);
    add_text(object, "subscription", delivery->subscription);
    object.add("destination", delivery->destination)
        .add("generation", action.key.generation)
        .add("action", action.what);
    add_time(object, "at", action.at);
    if (!action.to.empty()) object.add("to", action.to);
  }
  return objects;
}

}  // namespace dispatch::cli
