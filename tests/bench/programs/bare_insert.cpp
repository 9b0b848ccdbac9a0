// What `dispatch ingest` is compared with: the same rows into the same tables by SQLite alone.
//
//   --rows JOURNAL      a journal as ingest has written it; its rows are read into memory first
//   --journal FILE      the journal to be written, which must not exist
//
// Nothing here names a column: the schema with its indexes comes from the program's own migrations, and page
// size, page cache, WAL, synchronous=FULL and checkpoints from its own connection. As many transactions are
// made as the journal counts turns, each with its share of every table, in the order of the primary keys.
//
// It does not read or parse lines, validate, route, digest, look up entities or destinations, check for
// duplicates, count, or lock others out. Prints what the writing took, as JSON.

#include "bench/arguments.hpp"
#include "journal/sqlite/connection/connection.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <sys/resource.h>

namespace dispatch::bench {
namespace {

/// One cell of a row. Text and blobs lie in the table's bytes.
struct Cell {
  int type = SQLITE_NULL;
  std::int64_t integer = 0;  ///< or where the bytes begin
  std::size_t size = 0;
};

struct Table {
  std::string name;
  std::size_t columns = 0;
  std::vector<Cell> cells;
  std::string bytes;
  std::size_t rows() const { return columns == 0 ? 0 : cells.size() / columns; }
};

Cell read_cell(const SQLite::Column& column, std::string& bytes) {
  Cell cell{.type = column.getType()};
  if (cell.type == SQLITE_INTEGER) {
    cell.integer = column.getInt64();
  } else if (cell.type != SQLITE_NULL) {
    cell.integer = static_cast<std::int64_t>(bytes.size());
    const auto* begin = static_cast<const char*>(column.getBlob());
    cell.size = static_cast<std::size_t>(column.getBytes());
    bytes.append(begin, cell.size);
  }
  return cell;
}

Table read_table(const SQLite::Database& journal, const std::string& name) {
  Table table;
  table.name = name;
  SQLite::Statement rows{journal,
                         "SELECT * FROM " + name + " NOT INDEXED"};  // in the order of the primary key
  table.columns = static_cast<std::size_t>(rows.getColumnCount());
  while (rows.executeStep())
    for (int i = 0; i < rows.getColumnCount(); ++i)
      table.cells.push_back(read_cell(rows.getColumn(i), table.bytes));
  return table;
}

/// What an ingest writes: the tables with rows, but for those that every new journal has rows in, which only
/// count.
std::vector<Table> read_tables(const SQLite::Database& journal, const SQLite::Database& empty) {
  std::vector<Table> tables;
  SQLite::Statement names{journal,
                          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"};
  while (names.executeStep()) {
    const std::string name = names.getColumn(0).getText();
    if (SQLite::Statement{empty, "SELECT 1 FROM " + name}.executeStep()) continue;
    auto table = read_table(journal, name);
    if (table.rows() > 0) tables.push_back(std::move(table));
  }
  return tables;
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// Inserts the rows of one table, one after the other.
class Insert {
 public:
  Insert(SQLite::Database& database, const Table& table) : database_(database), table_(table) {
    const std::vector<std::string_view> marks(table.columns, "?");
    const auto sql = fmt::format("INSERT INTO {} VALUES ({})", table.name, fmt::join(marks, ","));
    sqlite3_stmt* statement = nullptr;
    database.check(sqlite3_prepare_v3(database.getHandle(), sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr));
    statement_.reset(statement);
  }

  /// Share `part` of `parts`.
  void run(std::size_t part, std::size_t parts) {
    const std::size_t end = table_.rows() * (part + 1) / parts;
    for (; next_ < end; ++next_) insert(table_.cells.data() + next_ * table_.columns);
  }

 private:
  void insert(const Cell* row) {
    sqlite3_stmt* const statement = statement_.get();
    for (std::size_t i = 0; i < table_.columns; ++i) bind(static_cast<int>(i + 1), row[i]);
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (code != SQLITE_DONE) database_.check(code);
  }

  void bind(int parameter, const Cell& cell) {
    sqlite3_stmt* const statement = statement_.get();
    const char* const begin = table_.bytes.data() + cell.integer;
    const int size = static_cast<int>(cell.size);
    if (cell.type == SQLITE_NULL)
      database_.check(sqlite3_bind_null(statement, parameter));
    else if (cell.type == SQLITE_INTEGER)
      database_.check(sqlite3_bind_int64(statement, parameter, cell.integer));
    else if (cell.type == SQLITE_TEXT)
      database_.check(sqlite3_bind_text(statement, parameter, begin, size, SQLITE_STATIC));
    else if (cell.type == SQLITE_BLOB)
      database_.check(sqlite3_bind_blob(statement, parameter, begin, size, SQLITE_STATIC));
    else
      throw std::runtime_error{"a column of a type that no journal has"};
  }

  SQLite::Database& database_;
  const Table& table_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::size_t next_ = 0;
};

void write(journal::Connection& connection, const std::vector<Table>& tables, std::size_t transactions) {
  SQLite::Database& database = connection.database();
  std::vector<Insert> inserts;
  for (const auto& table : tables) inserts.emplace_back(database, table);
  SQLite::Statement begin{database, "BEGIN IMMEDIATE"}, commit{database, "COMMIT"};
  for (std::size_t i = 0; i < transactions; ++i) {
    begin.exec();
    begin.reset();
    for (auto& insert : inserts) insert.run(i, transactions);
    commit.exec();
    commit.reset();
    connection.checkpoint_if_due();
  }
  connection.checkpoint_and_truncate();
}

struct Used {
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  rusage usage{};
  Used() { ::getrusage(RUSAGE_SELF, &usage); }
  double cpu_seconds() const { return seconds(usage.ru_utime) + seconds(usage.ru_stime); }
  static double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  }
};

std::unique_ptr<journal::Connection> create(const std::string& path) {
  auto connection = journal::Connection::open(path, {});
  if (!connection) throw std::runtime_error{connection.error().message};
  return std::move(*connection);
}

std::size_t turns_of(const SQLite::Database& journal) {
  SQLite::Statement progress{journal, "SELECT turn FROM progress"};
  if (!progress.executeStep()) throw std::runtime_error{"the journal has no progress"};
  return static_cast<std::size_t>(progress.getColumn(0).getInt64());
}

void run(const std::string& rows, const std::string& target) {
  const SQLite::Database journal{rows, SQLite::OPEN_READONLY};
  const auto turns = turns_of(journal);
  const auto connection = create(target);
  const auto tables = read_tables(journal, connection->database());
  const Used before;
  write(*connection, tables, turns);
  const Used after;
  fmt::print("{{\"seconds\":{:.6f},\"cpu_seconds\":{:.6f},\"peak_mib\":{:.1f},\"transactions\":{}}}\n",
             std::chrono::duration<double>{after.at - before.at}.count(),
             after.cpu_seconds() - before.cpu_seconds(), static_cast<double>(after.usage.ru_maxrss) / 1024.0,
             turns);
}

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("bare_insert", argc, argv, [](Arguments& arguments) {
    const auto rows = arguments.text("rows", "");
    const auto journal = arguments.text("journal", "");
    arguments.done();
    run(rows, journal);
    return 0;
  });
}
