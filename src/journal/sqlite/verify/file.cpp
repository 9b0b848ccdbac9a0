#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "journal/sqlite/verify/audit.hpp"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

void check_integrity(Audit& audit) {
  Statement statement{audit.database(), "PRAGMA integrity_check(100)"};
  auto rows = statement.rows();
  while (rows.next()) {
    if (rows.bytes(0) != "ok") audit.found(Check::integrity, reading::text(rows, 0));
  }
}

using Schema =
    std::map<std::pair<std::string, std::string>, std::string>;  // by type and name, the definition

Schema schema_of(SQLite::Database& database) {
  Schema schema;
  Statement statement{database, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"};
  auto rows = statement.rows();
  while (rows.next()) schema[{reading::text(rows, 0), reading::text(rows, 1)}] = reading::text(rows, 2);
  return schema;
}

Schema promised_schema() {
  SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  for (const auto& migration : migrations()) database.exec(migration.sql);
  return schema_of(database);
}

// What else somebody has put into the file is theirs.
bool check_schema(Audit& audit) {
  bool usable = true;
  const auto there = schema_of(audit.database());
  for (const auto& [named, definition] : promised_schema()) {
    const auto& [type, name] = named;
    const auto found = there.find(named);
    if (found == there.end()) {
      audit.found(Check::schema, fmt::format("the {} {} is missing", type, name));
      usable = usable && type == "trigger";
    } else if (found->second != definition) {
      audit.found(Check::schema, fmt::format("the {} {} is not as the journal's version has it", type, name));
    }
  }
  return usable;
}

void check_references(Audit& audit) {
  Statement statement{audit.database(), "PRAGMA foreign_key_check"};
  auto rows = statement.rows();
  while (rows.next()) {
    auto what =
        fmt::format("a row of {} refers to one of {} that is not there", rows.bytes(0), rows.bytes(2));
    if (!rows.is_null(1)) what += fmt::format(" (rowid {})", rows.integer(1));
    audit.found(Check::references, std::move(what));
  }
}

}  // namespace

bool check_file(Audit& audit) {
  try {
    check_integrity(audit);
    if (!check_schema(audit)) {
      audit.not_done(Check::references, "tables or indexes are missing");
      return false;
    }
    check_references(audit);
  } catch (const SQLite::Exception& said) {
    audit.found(Check::integrity, said.what());
    for (const auto check : {Check::schema, Check::references}) audit.not_done(check, said.what());
  }
  return true;
}

}  // namespace dispatch::journal::audit
