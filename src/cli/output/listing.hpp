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

// What the commands share that show what is in the journal.

namespace dispatch::cli {

struct Program;

/// Writes text for people to standard output: whole lines, in which what steers a terminal is made printable.
void put_out(std::string_view text);
/// Writes data for programs to standard output, byte for byte.
void put_data(std::string_view data);
/// False where standard output takes no more, so that a listing need not go on.
bool can_put_out();

/// "dispatch dlq release --entity X" on the journal of `program`, as it is to be typed; `arguments` are
/// quoted already.
std::string command_on(const Program& program, std::string_view arguments);

/// Says something on stderr, after all data that was written before. From the first call on all of them
/// together wait no longer than five seconds for somebody to read it.
void say(const Program& program, std::string_view text);
/// Says what to type next and what for.
void say_next(const Program& program, std::string_view arguments, std::string_view purpose);

/// "3 events", "1 event".
std::string counted(std::int64_t count, std::string_view one, std::string_view many);

/// How long ago `time` was at `now`: "3m 20s"; what has yet to come is "0s".
std::string age_text(WallTime time, WallTime now);
/// How long until `time`: "in 20s", or "now".
std::string until_text(WallTime time, WallTime now);

/// How an attempt ended, in a few words: "HTTP 503", "timeout: no answer in 5s".
std::string outcome_text(const journal::AttemptRecord::End& end);

/// One object for a line of output.
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
