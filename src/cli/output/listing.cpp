#include "cli/output/listing.hpp"

#include "base/system/patient_output.hpp"
#include "base/text/printable.hpp"
#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "cli/program.hpp"
#include "event/outcome_name.hpp"

#include <chrono>
#include <cstdio>

namespace dispatch::cli {
void put_out(std::string_view text) {
  put_data(printable_lines(text));
}

void put_data(std::string_view data) {
  std::fwrite(data.data(), 1, data.size(), stdout);
}

bool can_put_out() {
  return std::ferror(stdout) == 0;
}

std::string command_on(const Program& program, std::string_view arguments) {
  auto command = fmt::format("dispatch {}", arguments);
  if (program.journal != Program{}.journal) command += " --journal " + shell_word(program.journal);
  return command;
}

void say(const Program& program, std::string_view text) {
  std::fflush(stdout);
  if (program.talk) program.talk->hurry(PatientOutput::last_words_patience);
  program.log->info("{}", text);
}

void say_next(const Program& program, std::string_view arguments, std::string_view purpose) {
  say(program, fmt::format("to {}: {}", purpose, command_on(program, arguments)));
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string age_text(WallTime time, WallTime now) {
  if (now - time < std::chrono::seconds{1}) return "0s";
  return format_duration(std::chrono::floor<std::chrono::seconds>(now - time));
}

std::string until_text(WallTime time, WallTime now) {
  if (time <= now) return "now";
  return "in " + format_duration(std::chrono::ceil<std::chrono::seconds>(time - now));
}

std::string outcome_text(const journal::AttemptRecord::End& end) {
  auto text =
      end.status != 0 ? fmt::format("HTTP {}", end.status) : std::string{outcome_name(end.kind, end.error)};
  if (end.kind == OutcomeKind::throttled) text += ", throttled: no attempt spent";
  if (!end.error.empty()) text += ": " + end.error;
  return text;
}

}  // namespace dispatch::cli
