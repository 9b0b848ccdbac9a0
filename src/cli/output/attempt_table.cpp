#include "cli/output/attempt_table.hpp"

#include "base/text/json.hpp"
#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "cli/output/event_text.hpp"
#include "cli/output/listing.hpp"
#include "operations/views/attempt_json.hpp"

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

/// What becomes of the delivery after its `index`th attempt.
std::string next_text(const operations::AttemptHistory& history, std::size_t index, WallTime now) {
  const DeliveryRecord& delivery = history.delivery();
  const auto& attempt = *history.attempts()[index];
  if (!attempt.ended) return {};
  const bool latest = delivery.attempts == attempt.number;
  if (const auto next = history.next_at(index)) {
    if (latest) return until_text(*next, now);
    return "after " + format_duration(std::max<microseconds>(*next - attempt.began_at - attempt.ended->took,
                                                             microseconds{0}));
  }
  if (latest && delivery.state == DeliveryState::dead_letter) return "none: dead letter";
  if (latest && delivery.not_meant) return "none: not meant";
  if (latest && delivery.state == DeliveryState::failed) return "none: given up";
  return {};
}

void tell_actions(const EventRecord& event, const DeliveryRecord& delivery,
                  const std::function<void(std::string_view)>& write) {
  for (const auto& action : event.actions)
    if (action.key == delivery.key)
      write(fmt::format("{}{} by an operator at {}\n", action.what,
                        action.to.empty() ? "" : " to " + printable(action.to), format_time(action.at)));
}

void tell(const EventRecord& event, const DeliveryRecord& delivery, const operations::AttemptHistory& history,
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
                                   next_text(history, i, now)};
    if (event.trace) cells.push_back(operations::span_text(event, attempt));
    cells.push_back(attempt.ended ? with_answer(end) : "under way");
    table.row(std::move(cells));
  }
  table.finish();
}

}  // namespace

void tell_attempts(const EventRecord& event, const std::vector<AttemptRecord>& attempts, WallTime now,
                   const std::function<void(std::string_view)>& write) {
  bool first = true;
  for (const auto& delivery : event.deliveries) {
    if (!std::exchange(first, false)) write("\n");
    tell(event, delivery, operations::AttemptHistory{delivery, attempts}, now, write);
    tell_actions(event, delivery, write);
  }
}

}  // namespace dispatch::cli
