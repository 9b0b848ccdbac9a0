#include "cli/output/summary.hpp"

#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "base/text/url_text.hpp"
#include "cli/output/run_stats_text.hpp"
#include "cli/program.hpp"
#include "flow/observe/run_stats_json.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::cli {
namespace {

bool interrupted(const Summary& summary) {
  return summary.result.how == flow::RunResult::How::interrupted;
}

/// A command on this journal; the default one needs no mention.
std::string on_journal(const Summary& summary, std::string command) {
  if (summary.journal != Program{}.journal) command += " --journal " + shell_word(summary.journal);
  return command;
}

std::string deliveries_text(std::int64_t count) {
  return fmt::format("{} {}", count_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, count))),
                     count == 1 ? "delivery" : "deliveries");
}

bool nothing_accepted(const flow::RunStats& stats) {
  return stats.rejected > 0 && stats.accepted + stats.duplicates == 0;
}

/// What became of the input, where some of it was rejected; empty where none was.
std::string about_rejects(const flow::RunStats& stats) {
  if (stats.rejected == 0) return {};
  const bool all = nothing_accepted(stats);
  if (all && stats.rejected == 1) return "the only line was rejected";
  if (all) return fmt::format("all {} lines were rejected", count_text(stats.rejected));
  return fmt::format("{} {} rejected", count_text(stats.rejected),
                     stats.rejected == 1 ? "line was" : "lines were");
}

/// Duplicates of which the user may think that they were sent.
std::string about_recorded_elsewhere(const flow::RunStats& stats) {
  const auto& elsewhere = stats.recorded_elsewhere;
  if (elsewhere.events == 0) return {};
  const bool one = elsewhere.events == 1;
  const auto went =
      fmt::format("{} {} in the journal already, for another URL than {}", count_text(elsewhere.events),
                  one ? "event is" : "events are", without_credentials(elsewhere.url));
  if (stats.accepted == 0 && stats.delivered == 0) return "nothing was sent: " + went;
  return went + fmt::format(", and {} not sent there", one ? "was" : "were");
}

std::string about_deliveries(const Summary& summary) {
  const auto left = summary.result.remaining;
  const bool followed = summary.result.followed;
  // A follower that is stopped does not know what is left even of its own events.
  if (followed && interrupted(summary)) return summary.has_input ? "what was accepted is in the journal" : "";
  if (followed && left == 0 && !nothing_accepted(summary.stats) && summary.has_input)
    return fmt::format("all that this run accepted is delivered{}",
                       summary.given_up_earlier ? " or was given up" : "");
  if (followed && left == 0 && !nothing_accepted(summary.stats)) return "nothing is left to deliver";
  if (interrupted(summary)) return deliveries_text(left) + (left == 1 ? " is left" : " are left");
  if (left > 0) return deliveries_text(left) + " cannot proceed";
  if (nothing_accepted(summary.stats)) return "";
  const auto given_up = static_cast<std::int64_t>(summary.stats.given_up);
  const std::string delivered = summary.given_up_earlier ? "delivered or was given up earlier" : "delivered";
  if (given_up > 0)
    return deliveries_text(given_up) + (given_up == 1 ? " was" : " were") +
           " given up; all else that was accepted is " + delivered;
  if (summary.stats.unmatched > 0 && summary.stats.unmatched == summary.stats.accepted)
    return "what was accepted matched no subscription and was sent nowhere";
  if (summary.stats.unmatched > 0) return "all that was accepted for a destination is " + delivered;
  return "all that was accepted is " + delivered;
}

/// Why the same command is to be typed again after an interruption.
std::string reading_on(const flow::RunStats& stats) {
  const bool standard_input = std::any_of(stats.unread.begin(), stats.unread.end(),
                                          [](const auto& input) { return input.file == "-"; });
  return fmt::format("read what was not read, and resume{}; what is in the journal is not accepted twice",
                     standard_input ? "; give it the same standard input" : "");
}

std::string heading(const Summary& summary) {
  auto text = fmt::format("{} {}", interrupted(summary) ? "interrupted after" : "finished in",
                          format_duration(summary.took));
  const std::string accepted = nothing_accepted(summary.stats) ? "" : "what was accepted is in the journal";
  const auto outcome = summary.task == Task::accept ? accepted : about_deliveries(summary);
  for (const auto& part : {about_recorded_elsewhere(summary.stats), outcome, about_rejects(summary.stats),
                           summary.owner ? owner_text(*summary.owner) : ""})
    if (!part.empty()) text += "; " + part;
  return text;
}

}  // namespace

std::string owner_text(std::int64_t pid) {
  return pid > 0 ? fmt::format("another process (pid {}) dispatches this journal", pid)
                 : "another process dispatches this journal";
}

ExitCode exit_code(const Summary& summary) {
  if (interrupted(summary)) return ExitCode::interrupted;
  if (summary.result.remaining > 0) return ExitCode::remains;
  if (summary.stats.rejected > 0 || !summary.stats.unread.empty()) return ExitCode::rejected;
  return ExitCode::delivered;
}

std::vector<NextCommand> next_commands(const Summary& summary) {
  std::vector<NextCommand> next;
  if (const auto& elsewhere = summary.stats.recorded_elsewhere; elsewhere.events > 0) {
    const auto& [done_at, open_at, inputs] = summary.recorded;
    std::string of_inputs;
    for (const auto& input : inputs) of_inputs += " --file " + shell_word(input);
    const auto there = [&](const char* command, const std::string& from) {
      return on_journal(summary, fmt::format("dispatch {} --url {}{} --to {}", command, shell_word(from),
                                             of_inputs, shell_word(elsewhere.url)));
    };
    const auto what = [&](const char* all, const char* by_that_input) {
      return inputs.empty() ? all : by_that_input;
    };
    if (!done_at.empty())
      next.push_back({there("replay", done_at),
                      what("send there too all that was ever sent to that URL",
                           "send there too what came by that input and was sent to that URL")});
    if (!open_at.empty())
      next.push_back(
          {there("redirect", open_at), what("send there all that waits for that URL",
                                            "send there what came by that input and waits for that URL")});
  }
  const bool reads_on = interrupted(summary) && !summary.stats.unread.empty();
  if (reads_on) next.push_back({summary.command, reading_on(summary.stats)});
  if (summary.task == Task::accept && !nothing_accepted(summary.stats) && !summary.owner)
    next.push_back({on_journal(summary, "dispatch run"), "deliver what was accepted"});
  else if (interrupted(summary) && !summary.owner && !reads_on)
    next.push_back({on_journal(summary, "dispatch run"), "resume"});
  if (summary.stats.state_counts.of(DeliveryState::dead_letter) > 0)
    next.push_back(
        {on_journal(summary, "dispatch dlq list"), "see what is dead, then release or discard it"});
  if (summary.gapped_entities > 0)
    next.push_back({on_journal(summary, "dispatch gap list"), "see which sequence numbers are missing"});
  if (summary.result.remaining > 0)
    for (const auto& id : summary.stats.paused)
      next.push_back({on_journal(summary, "dispatch subscription resume " + shell_word(id)),
                      "resume a paused subscription"});
  if (summary.stats.unknown > 0)
    next.push_back(
        {on_journal(summary, "dispatch events list --unknown"), "see what may have arrived twice"});
  if (summary.stats.rejected > 0)
    next.push_back({on_journal(summary, "dispatch rejects list"), "see which lines were rejected and why"});
  if (next.empty() && summary.result.remaining > 0)
    next.push_back({on_journal(summary, "dispatch status"), "see the state of the journal"});
  return next;
}

std::string summary_text(const Summary& summary) {
  std::string text = fmt::format("dispatch: {}\n", heading(summary));
  text += input_table(summary.stats);
  text += unread_table(summary.stats);
  if (summary.task == Task::deliver && summary.result.followed)
    text += followed_table(summary.stats);
  else if (summary.task == Task::deliver)
    text += delivery_table(summary.stats, summary.took, interrupted(summary) ? "waiting" : "blocked");
  const auto next = next_commands(summary);
  if (!summary.ignored.empty())
    text += fmt::format("  without effect there: {}\n", fmt::join(summary.ignored, ", "));
  if (next.empty()) text += "  nothing is left to do\n";
  for (const auto& [command, reason] : next) text += fmt::format("  next: {}   ({})\n", command, reason);
  return text;
}

std::string summary_line(const Summary& summary) {
  const auto next = next_commands(summary);
  return fmt::format("dispatch: {}{}\n", heading(summary),
                     next.empty() ? "" : "; next: " + next.front().command);
}

std::string summary_json(const Summary& summary, WallTime now) {
  std::string line, next;
  for (const auto& command : next_commands(summary)) {
    next += next.empty() ? "" : ",";
    append_json_string(next, command.command);
  }
  {
    JsonObject object{line};
    object.add("time", format_time(now))
        .add("level", "info")
        .add("message", heading(summary))
        .add("ending", interrupted(summary) ? "interrupted" : "finished")
        .add("exit_code", static_cast<int>(exit_code(summary)))
        .add("remaining", summary.result.remaining);
    flow::add_stats(object, summary.stats, summary.took);
    object.add_raw("next", "[" + next + "]").add("followed", summary.result.followed);
    if (summary.owner.value_or(0) > 0)
      object.add("owner_pid", *summary.owner);
    else
      object.add_null("owner_pid");
    std::string ignored;
    for (const auto& option : summary.ignored) {
      ignored += ignored.empty() ? "" : ",";
      append_json_string(ignored, option);
    }
    object.add_raw("ignored_options", "[" + ignored + "]");
  }
  return line + "\n";
}

}  // namespace dispatch::cli
