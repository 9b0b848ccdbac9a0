#include "cli/output/status_text.hpp"

#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "cli/output/listing.hpp"
#include "cli/output/run_stats_text.hpp"
#include "cli/output/table.hpp"

#include <array>

namespace dispatch::cli {
namespace {

constexpr std::array states{DeliveryState::pending,     DeliveryState::in_flight, DeliveryState::retry_wait,
                            DeliveryState::dead_letter, DeliveryState::completed, DeliveryState::failed};

std::string count_column(std::int64_t count) {
  return count_text(static_cast<std::uint64_t>(count));
}

/// What is worth knowing about the deliveries in a state.
std::string remark(DeliveryState state, const journal::JournalStatus& journal_status, WallTime now) {
  switch (state) {
    case DeliveryState::pending:
      return journal_status.oldest_pending
                 ? "the oldest accepted " + age_text(*journal_status.oldest_pending, now) + " ago"
                 : "";
    case DeliveryState::in_flight:
      return !journal_status.owned && journal_status.state_counts.of(state) > 0
                 ? "left by a run that ended; the next one recovers them"
                 : "";
    case DeliveryState::retry_wait:
      return journal_status.next_due ? "the next is due " + until_text(*journal_status.next_due, now) : "";
    case DeliveryState::dead_letter:
      return journal_status.behind_dead > 0
                 ? count_column(journal_status.behind_dead) +
                       (journal_status.behind_dead == 1 ? " event waits" : " events wait") + " behind them"
                 : "";
    case DeliveryState::failed:
      return journal_status.not_meant > 0
                 ? count_column(journal_status.not_meant) +
                       " of them not meant: a subscription's filter excludes the event"
                 : "";
    default:
      return {};
  }
}

std::string states_table(const journal::JournalStatus& journal_status, WallTime now) {
  std::string text;
  for (const auto state : states)
    text +=
        fmt::format("  {:<13}{:>14}  {}\n", to_string(state),
                    count_column(journal_status.state_counts.of(state)), remark(state, journal_status, now));
  if (journal_status.gapped_entities > 0) {
    text += fmt::format("  {:<13}{:>14}  {} sequence numbers; {} behind them\n", "gaps",
                        count_column(journal_status.gapped_entities),
                        journal_status.gapped_entities == 1 ? "entity lacks" : "entities lack",
                        count_column(journal_status.behind_gaps) +
                            (journal_status.behind_gaps == 1 ? " event waits" : " events wait"));
  }
  if (journal_status.unmatched > 0)
    text += fmt::format("  {:<13}{:>14}  events that no subscription selected\n", "unmatched",
                        count_column(journal_status.unmatched));
  if (journal_status.rejects.lines > 0)
    text += fmt::format("  {:<13}{:>14}  {} of input that could not be accepted, {}\n", "rejected",
                        count_column(journal_status.rejects.lines),
                        journal_status.rejects.lines == 1 ? "line" : "lines",
                        format_size(static_cast<std::uint64_t>(journal_status.rejects.bytes)));
  if (journal_status.unknown > 0)
    text += fmt::format("  {:<13}{:>14}  attempts whose outcome is unknown\n", "unknown",
                        count_column(journal_status.unknown));
  return text;
}

std::string hosts_table(const journal::JournalStatus& journal_status) {
  if (journal_status.hosts.empty()) return {};
  using Align = Table::Align;
  std::string text = "\n";
  Table table{{{"HOST"},
               {"PENDING", Align::right},
               {"IN FLIGHT", Align::right},
               {"RETRY WAIT", Align::right},
               {"DEAD", Align::right}},
              [&](std::string_view line) { text += line; }};
  for (const auto& host : journal_status.hosts)
    table.row({host.host, count_column(host.pending), count_column(host.in_flight),
               count_column(host.retry_wait), count_column(host.dead_letter)});
  table.finish();
  if (journal_status.more_hosts > 0)
    text += fmt::format("and {} more hosts\n", count_column(journal_status.more_hosts));
  return text;
}

std::string paused_table(const journal::JournalStatus& journal_status, WallTime now) {
  if (journal_status.paused.empty()) return {};
  using Align = Table::Align;
  std::string text = "\n";
  Table table{{{"PAUSED SUBSCRIPTION"}, {"FOR", Align::right}, {"WAITING", Align::right}, {"REASON"}},
              [&](std::string_view line) { text += line; }};
  for (const auto& paused : journal_status.paused)
    table.row(
        {paused.subscription, age_text(paused.since, now), count_column(paused.waiting), paused.reason});
  table.finish();
  if (journal_status.more_paused > 0)
    text += fmt::format("and {} more that are paused\n", count_column(journal_status.more_paused));
  return text;
}

std::string subscription_column(const std::string& subscription) {
  return subscription.empty() ? "direct" : subscription;
}

std::string circuits_table(const journal::JournalStatus& journal_status, WallTime now) {
  if (journal_status.circuits.empty()) return {};
  using Align = Table::Align;
  std::string text = "\n";
  Table table{{{"CIRCUIT"}, {"FOR", Align::right}, {"WAITING", Align::right}, {"SUBSCRIPTION"}, {"URL"}},
              [&](std::string_view line) { text += line; }};
  for (const auto& circuit : journal_status.circuits)
    table.row({circuit.half_open ? "half-open" : "open", age_text(circuit.since, now),
               count_column(circuit.waiting), subscription_column(circuit.subscription), circuit.url});
  table.finish();
  if (journal_status.more_circuits > 0)
    text += fmt::format("and {} more that are not closed\n", count_column(journal_status.more_circuits));
  return text;
}

/// Those of which the time is not over.
std::string held_back_table(const journal::JournalStatus& journal_status, WallTime now) {
  std::string text;
  Table table{{{"HELD BACK"}, {"SUBSCRIPTION"}, {"URL"}}, [&](std::string_view line) { text += line; }};
  bool any = false;
  for (const auto& one : journal_status.held_back) {
    if (one.until <= now) continue;
    any = true;
    table.row({"free " + until_text(one.until, now), subscription_column(one.subscription), one.url});
  }
  if (!any) return {};
  table.finish();
  return "\n" + text;
}

void strip_trailing_spaces(std::string& text) {
  for (auto at = text.find(" \n"); at != std::string::npos; at = text.find(" \n", at == 0 ? 0 : at - 1))
    text.erase(at, 1);
}

std::string run_text(const journal::JournalStatus& journal_status) {
  if (!journal_status.owned) return "no run is on";
  return journal_status.owner_pid ? fmt::format("a run is on (pid {})", *journal_status.owner_pid)
                                  : "a run is on";
}

}  // namespace

std::string status_text(const operations::Status& status, WallTime now) {
  const auto& journal_status = status.journal_status;
  std::string text = fmt::format("{}: {}, {} in its WAL; {}\n\n", printable(status.journal),
                                 format_size(journal_status.journal_bytes),
                                 format_size(journal_status.wal_bytes), run_text(journal_status));
  text += states_table(journal_status, now);
  text += hosts_table(journal_status);
  text += paused_table(journal_status, now);
  text += circuits_table(journal_status, now);
  text += held_back_table(journal_status, now);
  strip_trailing_spaces(text);
  return text;
}

}  // namespace dispatch::cli
