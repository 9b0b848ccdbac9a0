#include "unit/journal/damage.hpp"

#include "journal/sqlite/verify/verify.hpp"

#include <SQLiteCpp/Database.h>

namespace dispatch::test {

using namespace journal;

void WornJournal::damage(std::string_view sql) {
  SQLite::Database database{path(), SQLite::OPEN_READWRITE};
  const auto trigger =
      database.execAndGet("SELECT sql FROM sqlite_schema WHERE name = 'events_are_immutable'").getString();
  database.exec("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; DROP TRIGGER events_are_immutable");
  database.exec(std::string{sql});
  database.exec(trigger);
}

VerifyReport WornJournal::report() {
  return verify(path()).value();
}

std::vector<std::string> WornJournal::findings() {
  std::vector<std::string> names;
  for (const auto& check : report().checks) {
    if (check.findings > 0 || !check.done) names.emplace_back(check.name);
  }
  return names;
}

}  // namespace dispatch::test
