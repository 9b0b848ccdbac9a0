#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text/json.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/table.hpp"
#include "journal/records.hpp"

#include <optional>
#include <string>
#include <string_view>

// Shared by the commands that show the content of the journal.

namespace dispatch::cli {

struct Program;

/// Writes text for people to standard output, as whole lines; terminal control characters are made printable.
void put_out(std::string_view text);
/// Writes data for programs to standard output, byte for byte.
void put_data(std::string_view data);
/// False if standard output accepts no more, so that a listing can stop.
bool can_put_out();

/// The command to type, such as "dispatch dlq release --entity X", for the journal of `program`; `arguments`
/// must be quoted.
std::string command_on(const Program& program, std::string_view arguments);

/// Writes a message to stderr, after all data written before. All calls together wait at most five seconds
/// for a reader of stderr.
void say(const Program& program, std::string_view text);
/// Suggests a command and its purpose.
void say_next(const Program& program, std::string_view arguments, std::string_view purpose);

/// "3 events", "1 event".
std::string counted(std::int64_t count, std::string_view one, std::string_view many);

/// How long ago `time` was at `now`: "3m 20s"; a future time gives "0s".
std::string age_text(WallTime time, WallTime now);
/// How long until `time`: "in 20s", or "now".
std::string until_text(WallTime time, WallTime now);

/// The outcome of an attempt in a few words: "HTTP 503", "timeout: no answer in 5s".
std::string outcome_text(const journal::AttemptRecord::End& end);

/// Writes one JSON object as a line of output.
template <class Fill>
void put_json(Fill fill) {
  std::string line;
  {
    JsonObject object{line};
    fill(object);
  }
  put_data(line += '\n');
}

}  // namespace dispatch::cli
