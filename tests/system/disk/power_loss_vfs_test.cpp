// The disk that loses its power, by itself.

#include "support/disk/power_loss_vfs.hpp"

#include "support/disk/temp_dir.hpp"
#include "support/journal/journal_contents.hpp"

#include <filesystem>
#include <thread>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

SQLite::Database make(const std::string& path) {
  SQLite::Database database{path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (x)");
  return database;
}

int rows(const std::string& path) {
  return SQLite::Database{path}.execAndGet("SELECT count(*) FROM t").getInt();
}

}  // namespace

TEST_CASE("the lost power keeps what was synced and drops what was not") {
  const TempDir directory;
  const std::string path = directory / "x.db";
  PowerLossVfs disk;
  {
    auto database = make(path);
    database.exec("INSERT INTO t VALUES (1)");
    database.exec("PRAGMA synchronous = OFF; INSERT INTO t VALUES (2)");
    disk.cut(Fate::dropped, 0);
    CHECK_THROWS(database.exec("INSERT INTO t VALUES (3)"));
    CHECK_THROWS(SQLite::Database{path}.execAndGet("SELECT 1 FROM t"));
  }
  disk.restore();
  CHECK(integrity_of(path) == "ok");
  CHECK(rows(path) == 1);
}

TEST_CASE("the lost power takes a file whose directory was never synced") {
  const TempDir directory;
  const std::string path = directory / "x.db";
  PowerLossVfs disk;
  {
    SQLite::Database database{path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec("PRAGMA synchronous = OFF; CREATE TABLE t (x)");
    disk.cut(Fate::dropped, 0);
  }
  disk.restore();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the lost power knows a sync of the WAL from another thread") {
  const TempDir directory;
  const std::string path = directory / "x.db";
  PowerLossVfs disk;
  {
    auto database = make(path);
    database.exec("PRAGMA synchronous = OFF; INSERT INTO t VALUES (1)");
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    std::thread{[&] { CHECK(wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) == SQLITE_OK); }}.join();
    database.exec("INSERT INTO t VALUES (2)");
    disk.cut(Fate::dropped, 0);
  }
  disk.restore();
  CHECK(rows(path) == 1);
}
