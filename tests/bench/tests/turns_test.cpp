#include "bench/turns.hpp"

#include "support/disk/temp_dir.hpp"

#include <string>

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

namespace dispatch::bench {
namespace {

/// What Turns reads of a journal.
constexpr const char* schema =
    "CREATE TABLE progress (turn INTEGER);"
    "CREATE TABLE events (position INTEGER PRIMARY KEY, accepted_at INTEGER);"
    "CREATE TABLE deliveries (position INTEGER, attempts INTEGER, began_at INTEGER);";

std::filesystem::path journal_of(const std::filesystem::path& path, const std::string& rows) {
  SQLite::Database journal{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  journal.exec(schema + rows);
  return path;
}

}  // namespace

TEST_CASE("turns: an event went the short way where it began in the moment in which it was accepted") {
  const test::TempDir directory;
  Turns turns;
  turns.add(journal_of(directory / "journal.db",
                       "INSERT INTO progress VALUES (2);"
                       "INSERT INTO events VALUES (1, 100), (2, 100), (3, 100), (4, 200), (5, 200);"
                       "INSERT INTO deliveries VALUES (1, 1, 100), (2, 1, 100), (3, 1, 200), (4, 1, 200),"
                       "                              (5, 2, 200);"));
  CHECK(turns.short_way() == doctest::Approx(0.75));  // the last one was tried again, and tells nothing
  CHECK(turns.events_per_turn() == doctest::Approx(2.5));
}

}  // namespace dispatch::bench
