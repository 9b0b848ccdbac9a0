// A connection that joins its writes to the log, and one of plain SQLite that does the same: what is
// committed in their logs is the same, frame for frame, whatever was spilled, undone or committed in between,
// and by whom.

#include "journal/sqlite/wal/joined_wal.hpp"
#include "support/disk/temp_dir.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

constexpr std::size_t page_bytes = 4096, wal_header_bytes = 32, frame_header_bytes = 24;

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

/// The checksum of https://www.sqlite.org/fileformat2.html#checksum_algorithm; SQLite writes its log in the
/// byte order of the machine.
struct Checksum {
  std::uint32_t first = 0, second = 0;
  void add(std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      std::array<std::uint32_t, 2> words{};
      std::memcpy(words.data(), bytes.data() + at, sizeof words);
      first += words[0] + second;
      second += words[1] + first;
    }
  }
};

/// The committed frames of a log: page number, size of the database after a commit, and the page. The salts
/// are chance and left out, the checksums are checked.
std::vector<std::string> committed_frames(std::string_view log) {
  std::vector<std::string> frames;
  if (log.size() < wal_header_bytes) return frames;
  const auto salts = log.substr(16, 8);
  Checksum sum;
  sum.add(log.substr(0, 24));
  if (big_endian(log, 24) != sum.first || big_endian(log, 28) != sum.second) return frames;
  std::size_t committed = 0;
  constexpr std::size_t frame_bytes = frame_header_bytes + page_bytes;
  for (std::size_t at = wal_header_bytes; at + frame_bytes <= log.size(); at += frame_bytes) {
    const auto frame = log.substr(at, frame_bytes);
    if (frame.substr(8, 8) != salts) break;
    sum.add(frame.substr(0, 8));
    sum.add(frame.substr(frame_header_bytes));
    if (big_endian(frame, 16) != sum.first || big_endian(frame, 20) != sum.second) break;
    frames.push_back(std::string{frame.substr(0, 8)}.append(frame.substr(frame_header_bytes)));
    if (big_endian(frame, 4) != 0) committed = frames.size();
  }
  frames.resize(committed);
  return frames;
}

/// One database with two connections.
class Subject {
 public:
  explicit Subject(bool joined) {
    for (int i = 0; i < 2; ++i) {
      auto& layer = layers_.emplace_back();
      if (joined) layer = std::make_unique<JoinedWal>();
      auto& opened = connections_.emplace_back(std::make_unique<SQLite::Database>(
          path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 0, joined ? layer->name() : std::string{}));
      sqlite3_db_config(opened->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
      opened->exec(
          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 12; "
          "PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS t (k INTEGER PRIMARY KEY, v BLOB)");
    }
  }
  /// Runs it on one of the connections; false where SQLite refuses.
  bool run(std::size_t connection, const std::string& sql) {
    return connections_[connection]->tryExec(sql) == SQLITE_OK;
  }
  std::string rows(std::size_t connection) {
    return connections_[connection]
        ->execAndGet("SELECT count(*) || '/' || ifnull(sum(k * length(v)), 0) FROM t")
        .getString();
  }
  std::vector<std::string> frames() const { return committed_frames(read_file(path() + "-wal")); }
  std::string integrity() const {
    return SQLite::Database{path(), SQLite::OPEN_READONLY}.execAndGet("PRAGMA integrity_check").getString();
  }
  void close(std::size_t connection) { connections_[connection].reset(); }

 private:
  std::string path() const { return directory_ / "x.db"; }

  TempDir directory_;
  std::vector<std::unique_ptr<JoinedWal>> layers_;  // each outlives the connection that uses it
  std::vector<std::unique_ptr<SQLite::Database>> connections_;
};

/// What one of the connections does next; at most one of them is in a transaction, as the writer lock has it.
class Script {
 public:
  explicit Script(std::uint64_t seed) : chance_(seed) {}

  std::size_t connection() const { return connection_; }
  bool in_transaction() const { return in_transaction_; }

  std::string next() {
    if (!in_transaction_) {
      connection_ = below(2);
      if (below(8) == 0) return "SELECT sum(length(v)) FROM t";
      if (below(8) == 0)
        return below(2) == 0 ? "PRAGMA wal_checkpoint(PASSIVE)" : "PRAGMA wal_checkpoint(TRUNCATE)";
      in_transaction_ = true;
      savepoint_ = false;
      return "BEGIN IMMEDIATE";
    }
    switch (below(8)) {
      case 0:
        in_transaction_ = false;
        return "COMMIT";
      case 1:
        in_transaction_ = false;
        return "ROLLBACK";
      case 2:
        savepoint_ = !savepoint_;
        if (savepoint_) return "SAVEPOINT s";
        return below(2) == 0 ? "RELEASE s" : "ROLLBACK TO s; RELEASE s";
      case 3:
        return fmt::format("DELETE FROM t WHERE k % {} = 0", 2 + below(5));
      case 4:
        return fmt::format("UPDATE t SET v = zeroblob({}) WHERE k % {} = 1", below(3000), 2 + below(9));
      case 5:  // a statement that fails in the middle and is undone alone
        return fmt::format(
            "INSERT INTO t WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {0}) "
            "SELECT CASE i WHEN {0} THEN 'no number' ELSE NULL END, zeroblob(700) FROM n",
            5 + below(60));
      default:
        return fmt::format(
            "INSERT INTO t WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {}) "
            "SELECT NULL, zeroblob({}) FROM n",
            1 + below(80), below(4000));
    }
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }

  std::mt19937_64 chance_;
  std::size_t connection_ = 0;
  bool in_transaction_ = false;
  bool savepoint_ = false;
};

/// Plays one script on both; what differed, or nothing. `spills` counts the transactions that reached the log
/// before they were undone.
std::optional<std::string> play(std::uint64_t seed, int steps) {
  Subject joined{true}, plain{false};
  Script script{seed};
  for (int step = 0; step < steps; ++step) {
    const std::string sql = script.next();
    const auto at = fmt::format("seed {} step {}: {}", seed, step, sql);
    if (joined.run(script.connection(), sql) != plain.run(script.connection(), sql))
      return at + ": one refuses and one does not";
    if (!script.in_transaction() && joined.frames() != plain.frames()) return at + ": the logs differ";
    if (script.in_transaction() && step % 4 != 0) continue;
    if (joined.rows(script.connection()) != plain.rows(script.connection())) return at + ": the rows differ";
  }
  for (const std::size_t connection : {1U, 0U}) {
    joined.close(connection);
    plain.close(connection);
    if (joined.frames() != plain.frames()) return fmt::format("seed {}: the logs differ once closed", seed);
  }
  if (const auto said = joined.integrity(); said != "ok") return fmt::format("seed {}: {}", seed, said);
  return std::nullopt;
}

}  // namespace

TEST_CASE("joined wal: its log holds what plain SQLite's holds whatever is spilled and undone" *
          doctest::test_suite("long")) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto difference = play(seed, 120);
    if (difference) FAIL_CHECK(*difference);
  }
}
