#include "journal/sqlite/reader/sqlite_reader.hpp"

#include "journal/sqlite/reader/reading.hpp"

namespace dispatch::journal {

Result<SqliteReader> SqliteReader::open(const std::string& path) {
  DISPATCH_ASSIGN(auto database, reading::open(path));
  return SqliteReader{path, std::move(database)};
}

SqliteReader::SqliteReader(std::string path, std::shared_ptr<SQLite::Database> database)
    : path_(std::move(path)), database_(std::move(database)) {}
SqliteReader::SqliteReader(SqliteReader&&) noexcept = default;
SqliteReader& SqliteReader::operator=(SqliteReader&&) noexcept = default;
SqliteReader::~SqliteReader() = default;

}  // namespace dispatch::journal
