#include "cli/summary.hpp"

#include "base/shell_text.hpp"
#include "base/units.hpp"
#include "cli/figures_text.hpp"
#include "cli/program.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

bool interrupted(const Summary& summary) {
  return summary.ending.how == flow::Ending::How::interrupted;
}

/// A command on this journal; the default one needs no mention.
std::string on_journal(const Summary& summary, std::string command) {
  if (summary.journal != Program{}.journal) command += " --journal " + shell_word(summary.journal);
  return command;
}

std::string heading(const Summary& summary) {
  const std::string took = format_duration(summary.took);
  if (summary.task == Task::accept)
    return fmt::format("{} after {}; what was accepted is in the journal",
                       interrupted(summary) ? "interrupted" : "finished", took);
  const auto left =
      count_text(static_cast<std::uint64_t>(std::max<std::int64_t>(0, summary.ending.remaining)));
  if (interrupted(summary)) return fmt::format("interrupted after {}; {} deliveries are left", took, left);
  if (summary.ending.remaining > 0)
    return fmt::format("finished in {}; {} deliveries remain and cannot move by themselves", took, left);
  return fmt::format("finished in {}; all that was accepted is delivered", took);
}

}  // namespace

ExitCode exit_code(const Summary& summary) {
  if (interrupted(summary)) return ExitCode::interrupted;
  if (summary.ending.remaining > 0) return ExitCode::remains;
  if (summary.figures.rejected > 0) return ExitCode::rejected;
  return ExitCode::delivered;
}

std::vector<NextCommand> next_commands(const Summary& summary) {
  std::vector<NextCommand> next;
  if (summary.task == Task::accept)
    next.push_back({on_journal(summary, "dispatch run"), "deliver what was accepted"});
  else if (interrupted(summary))
    next.push_back({on_journal(summary, "dispatch run"), "resume"});
  if (summary.figures.tally.of(DeliveryState::dead_letter) > 0)
    next.push_back(
        {on_journal(summary, "dispatch dlq list"), "see what is dead, then release or discard it"});
  if (summary.gapped_entities > 0)
    next.push_back({on_journal(summary, "dispatch gap list"), "see which sequence numbers are missing"});
  if (summary.ending.remaining > 0)
    for (const auto& id : summary.figures.paused)
      next.push_back({on_journal(summary, "dispatch subscription resume " + shell_word(id)),
                      "let a paused subscription have what waits for it"});
  if (summary.figures.unknown > 0)
    next.push_back(
        {on_journal(summary, "dispatch events list --unknown"), "see what may have arrived twice"});
  if (summary.figures.rejected > 0)
    next.push_back({fmt::format("jq -r .text {} > mended.jsonl", shell_word(summary.rejects)),
                    "take the rejected lines out, mend them and run them"});
  if (next.empty() && summary.ending.remaining > 0)
    next.push_back({on_journal(summary, "dispatch status"), "see where things stand"});
  return next;
}

std::string summary_text(const Summary& summary) {
  std::string text = fmt::format("dispatch: {}\n", heading(summary));
  text += input_table(summary.figures);
  if (summary.task == Task::deliver)
    text += delivery_table(summary.figures, summary.took, interrupted(summary) ? "waiting" : "blocked");
  const auto next = next_commands(summary);
  if (next.empty()) text += "  nothing is left to do\n";
  for (const auto& [command, reason] : next) text += fmt::format("  next: {}   ({})\n", command, reason);
  return text;
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
        .add("remaining", summary.ending.remaining);
    add_figures(object, summary.figures, summary.took);
    object.add_raw("next", "[" + next + "]");
  }
  return line + "\n";
}

}  // namespace dispatch::cli
