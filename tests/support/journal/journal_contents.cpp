#include "support/journal/journal_contents.hpp"

#include <filesystem>
#include <string_view>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

namespace dispatch::test {

namespace {

SQLite::Database open(const std::string& path) {
  SQLite::Database database{path, SQLite::OPEN_READWRITE};
  sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

std::vector<std::string> tables_of(SQLite::Database& database) {
  std::vector<std::string> tables;
  SQLite::Statement names{database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"};
  while (names.executeStep()) tables.push_back(names.getColumn(0).getString());
  return tables;
}

bool is_missing(const std::string& path) {
  return !std::filesystem::exists(path) || std::filesystem::file_size(path) == 0;
}

}  // namespace

std::string journal_contents(const std::string& path) {
  std::string contents;
  if (is_missing(path)) return contents;
  SQLite::Database database = open(path);
  for (const std::string& table : tables_of(database)) {
    contents += "\n" + table + ":\n";
    SQLite::Statement rows{database, "SELECT * FROM " + table};
    while (rows.executeStep()) {
      for (int column = 0; column < rows.getColumnCount(); ++column) {
        const SQLite::Column value = rows.getColumn(column);
        if (value.getName() == std::string_view{"trace_seed"}) continue;  // chance; each journal has its own
        contents += value.isNull() ? "null" : value.getString();
        contents += '|';
      }
      contents += '\n';
    }
  }
  return contents;
}

std::string integrity_of(const std::string& path) {
  SQLite::Database database = open(path);
  return database.execAndGet("PRAGMA integrity_check").getString();
}

std::map<std::string, DeliveryStanding> journal_deliveries(const std::string& path) {
  std::map<std::string, DeliveryStanding> standings;
  if (is_missing(path)) return standings;
  SQLite::Database database = open(path);
  if (tables_of(database).empty()) return standings;
  SQLite::Statement rows{database,
                         "SELECT e.event_id, d.attempts, d.state = 4,"
                         "       (SELECT count(*) FROM attempts a WHERE a.outcome = 5"
                         "         AND a.queue_no = d.queue_no AND a.position = d.position)"
                         "  FROM all_deliveries d JOIN events e ON e.position = d.position"};
  while (rows.executeStep()) {
    standings[rows.getColumn(0).getString()] = {.attempts = rows.getColumn(1).getInt(),
                                                .unknown = rows.getColumn(3).getInt(),
                                                .completed = rows.getColumn(2).getInt() != 0};
  }
  return standings;
}

}  // namespace dispatch::test
