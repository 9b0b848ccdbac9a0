#include "cli/output/run_stats_text.hpp"

#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "base/text/url_text.hpp"
#include "cli/output/table.hpp"
#include "flow/observe/run_stats_json.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::size_t unread_shown = 5;

std::string rate_text(double per_second) {
  return per_second < 10 ? fmt::format("{:.1f}/s", per_second)
                         : count_text(static_cast<std::uint64_t>(std::llround(per_second))) + "/s";
}

std::string row(std::string_view name, std::uint64_t count, std::string_view note = {}) {
  std::string line = fmt::format("  {:<14} {:>11}", name, count_text(count));
  if (!note.empty())
    line += "  " + printable(without_credentials(note));  // one line, whatever an error quotes
  return line + "\n";
}

std::string speed(const flow::RunStats& stats, microseconds took) {
  if (stats.delivered == 0) return {};
  std::string text = rate_text(flow::deliveries_per_second(stats, took));
  if (stats.latency.count() > 0)
    text += fmt::format(
        "; an answer took p50 {}, p95 {}, p99 {}", format_duration(stats.latency.percentile(0.50)),
        format_duration(stats.latency.percentile(0.95)), format_duration(stats.latency.percentile(0.99)));
  return text;
}

}  // namespace

std::string count_text(std::uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string progress_line(const flow::RunStats& stats, const flow::Throughput& throughput) {
  std::string line =
      count_text(stats.delivered) + " delivered, " + count_text(stats.in_flight) + " in flight";
  const auto add = [&line](std::uint64_t count, std::string_view what) {
    if (count > 0) line += fmt::format(", {} {}", count_text(count), what);
  };
  const std::uint64_t pending = flow::in_state(stats, DeliveryState::pending);
  const std::uint64_t backing_off = flow::in_state(stats, DeliveryState::retry_wait);
  add(stats.ahead, "ready to follow");
  add(backing_off, "backing off");
  add(stats.host_limited, "host-limited");
  add(stats.rate_limited, "waiting for a rate");
  add(stats.throttled, "waiting for a throttled URL");
  if (stats.throttled > 0 && stats.hold_ends)
    line += fmt::format(" (held back for {})", format_duration(*stats.hold_ends));
  add(stats.circuit_limited, "waiting for an open circuit");
  if (stats.circuit_limited > 0 && stats.next_probe)
    line += fmt::format(" (next probe in {})", format_duration(*stats.next_probe));
  const std::uint64_t held =
      stats.host_limited + stats.rate_limited + stats.throttled + stats.circuit_limited;
  add(pending - std::min(pending, held), "waiting");
  add(flow::in_state(stats, DeliveryState::dead_letter), "dead");
  add(stats.rejected, "rejected");
  if (stats.following) line += ", following another dispatcher";
  if (const auto per_second = throughput.per_second()) {
    line += ", " + rate_text(*per_second);
    const std::uint64_t left = pending + backing_off + stats.in_flight + stats.ahead;
    if (left > 0 && *per_second > 0)
      line += fmt::format(
          ", {} left",
          format_duration(seconds{static_cast<std::int64_t>(static_cast<double>(left) / *per_second + 1)}));
  }
  return line;
}

std::string elsewhere_table(const flow::Elsewhere& elsewhere) {
  if (elsewhere.events == 0) return {};
  std::string text =
      row("elsewhere", elsewhere.events, "of those: to the url of their line, not to --to; see --only-to");
  for (const auto& [url, count] : elsewhere.urls) text += row("", count, "to " + url);
  if (elsewhere.more) text += "  and to other URLs\n";
  return text;
}

std::string missing_text(const flow::MissingField& missing) {
  const std::string where = fmt::format("without {} at {}", missing.field, missing.pointer);
  if (missing.entities == 0) return where + ", each without an order";
  const bool more = missing.entities >= flow::MissingOrder::entities_most;
  return fmt::format("{}, in {}{} {}, numbered as they come", where, more ? "at least " : "",
                     count_text(missing.entities), missing.entities == 1 ? "entity" : "entities");
}

std::string input_table(const flow::RunStats& stats) {
  std::string text = row("accepted", stats.accepted);
  if (stats.unmatched > 0)
    text += row("unmatched", stats.unmatched, "of those: matched no subscription, recorded and sent nowhere");
  text += elsewhere_table(stats.elsewhere);
  for (const flow::MissingField& missing : stats.missing_order)
    text += row(missing.entities > 0 ? "no number" : "no entity", missing.lines,
                "of those: " + missing_text(missing) + "; --require rejects such lines");
  text += row("duplicates", stats.duplicates,
              stats.duplicates > 0 ? "in the journal already, not sent again" : "");
  if (const auto& elsewhere = stats.recorded_elsewhere; elsewhere.events > 0)
    text += row("other URL", elsewhere.events,
                "of those: recorded for another URL, not sent to " + elsewhere.url);
  const bool loses_order = stats.rejected > 0 && stats.numbered > 0;
  return text + row("rejected", stats.rejected,
                    loses_order
                        ? "without a sequence number; when run again, they come after their successors"
                        : "");
}

std::string unread_table(const flow::RunStats& stats) {
  const auto& unread = stats.unread;
  std::string text;
  for (std::size_t i = 0; i < std::min(unread.size(), unread_shown); ++i) {
    const std::string name = unread[i].file == "-" ? "standard input" : printable(unread[i].file);
    const auto& [file, line, why, element] = unread[i];
    text += fmt::format("  not read: {}{}{}\n", name, line > 0 ? fmt::format(" after line {}", line) : "",
                        element > 0 ? fmt::format(", element {}", element) : "");
  }
  if (unread.size() > unread_shown)
    text += fmt::format("  not read: {} more inputs\n", unread.size() - unread_shown);
  return text;
}

std::string delivery_table(const flow::RunStats& stats, microseconds took, std::string_view waiting) {
  std::string text =
      row("delivered", stats.delivered, speed(stats, took)) + row("retries", stats.retries) +
      row("dead", flow::in_state(stats, DeliveryState::dead_letter)) +
      row(waiting,
          flow::in_state(stats, DeliveryState::pending) + flow::in_state(stats, DeliveryState::retry_wait)) +
      row("unknown", stats.unknown, stats.unknown > 0 ? "attempts with an unknown outcome" : "");
  if (const auto& [gaps, numbers] = stats.gaps_given_up; gaps > 0)
    text += row(
        "gaps given up", static_cast<std::uint64_t>(gaps),
        fmt::format("with {} missing sequence {}; what comes for them is rejected",
                    count_text(static_cast<std::uint64_t>(numbers)), numbers == 1 ? "number" : "numbers"));
  if (stats.not_meant > 0)
    text += row("not meant", stats.not_meant, "excluded by the filter of their subscription, not sent");
  if (stats.given_up > 0)
    text += row("given up", stats.given_up, "by operators, or with their subscription; not delivered");
  if (stats.circuits_open > 0)
    text += row("circuits open", stats.circuits_open, "URLs with an open circuit after failures in a row");
  for (const auto& [what, count] : flow::top_errors(stats)) text += row("error", count, what);
  return text;
}

std::string followed_table(const flow::RunStats& stats) {
  const std::string_view of = "in the whole journal";
  return row("in flight", flow::in_state(stats, DeliveryState::in_flight), of) +
         row("waiting",
             flow::in_state(stats, DeliveryState::pending) + flow::in_state(stats, DeliveryState::retry_wait),
             of) +
         row("dead", flow::in_state(stats, DeliveryState::dead_letter), of);
}

}  // namespace dispatch::cli
