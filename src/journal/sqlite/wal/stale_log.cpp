#include "journal/sqlite/wal/stale_log.hpp"

#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/wal/progress_row.hpp"
#include "journal/sqlite/wal/wal_frames.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

namespace dispatch::journal {

namespace {

/// The database file by itself, as if there were no log.
struct Alone {
  bool empty = false;
  bool rollback_mode = false;       ///< its header is whole and knows no log
  std::uint32_t progress_page = 0;  ///< 0: there is no table progress yet
  /// Nothing where the page cannot be read: a checkpoint that the power cut short may leave anything there,
  /// and the log has it whole.
  std::optional<ProgressRow> progress;
};

/// The turns that a log has commits of.
struct Logged {
  bool commits = false;
  std::optional<ProgressRow> first, last;
};

/// A database begins with this text and the page size; bytes 18 and 19 are 1 with a rollback journal and 2
/// with a log.
constexpr std::string_view header_begin{"SQLite format 3\0\x10\0", 18};
constexpr const char* rollback_versions = "\x01\x01";

std::optional<Alone> read_alone(const std::filesystem::path& journal, const DatabaseFile& file) {
  Alone alone;
  const auto version = file.read(0, header_begin.size() + 2);
  if (!version) return std::nullopt;
  alone.empty = version->empty();
  if (alone.empty) return alone;
  alone.rollback_mode = *version == std::string{header_begin} + rollback_versions;
  try {
    SQLite::Database database{as_it_stands(journal), SQLite::OPEN_READONLY | SQLite::OPEN_URI};
    SQLite::Statement table{database, "SELECT rootpage FROM sqlite_schema WHERE name = 'progress'"};
    if (!table.executeStep()) return alone;
    alone.progress_page = table.getColumn(0).getUInt();
    const auto page_bytes = database.execAndGet("PRAGMA page_size").getUInt();
    const auto page = file.read(static_cast<off_t>(alone.progress_page - 1) * page_bytes, page_bytes);
    if (page) alone.progress = progress_in(*page);
    return alone;
  } catch (const SQLite::Exception&) {
    return std::nullopt;
  }
}

Logged read_log(const std::filesystem::path& log, std::uint32_t progress_page) {
  Logged logged;
  WalFrames frames{log};
  std::optional<ProgressRow> in_commit;
  while (const auto frame = frames.next()) {
    if (frame->page == progress_page)
      if (auto row = progress_in(frame->content)) in_commit = std::move(row);
    if (!frame->commits) continue;
    logged.commits = true;
    if (!logged.first) logged.first = in_commit;
    if (in_commit) logged.last = std::exchange(in_commit, std::nullopt);
  }
  return logged;
}

/// Nothing where they belong together, or nothing speaks against it.
std::optional<std::string> contradiction(const Alone& alone, const Logged& logged) {
  if (!logged.commits) return std::nullopt;
  if (alone.empty) return "the database is empty and the log is not";
  if (alone.rollback_mode) return "the database was written whole, without a log";
  if (!alone.progress || !logged.first) return std::nullopt;
  const ProgressRow& first = *logged.first;
  const ProgressRow& last = *logged.last;
  if (!alone.progress->seed.empty() && !last.seed.empty() && alone.progress->seed != last.seed)
    return "they are of two journals";
  if (alone.progress->turn < first.turn - 1 || alone.progress->turn > last.turn)
    return fmt::format("the database ends with turn {} and the log has the turns {} to {}",
                       alone.progress->turn, first.turn, last.turn);
  return std::nullopt;
}

}  // namespace

Result<> check_log_belongs(const std::filesystem::path& journal, const DatabaseFile& file) {
  const auto log = companion(journal, wal_suffix);
  const auto look = [&]() -> std::optional<std::string> {
    std::error_code unseen;
    const auto bytes = std::filesystem::file_size(log, unseen);
    if (unseen || bytes == 0 || file.is_in_use()) return std::nullopt;
    const auto alone = read_alone(journal, file);
    if (!alone) return std::nullopt;
    auto why = contradiction(*alone, read_log(log, alone->progress_page));
    return file.is_in_use() ? std::nullopt : std::move(why);
  };
  // Twice, as another process may have come, changed both and gone while they were read.
  if (!look()) return {};
  const auto why = look();
  if (!why) return {};
  return unavailable(
      "the write-ahead log {0} does not belong to journal {1}: {2}; where the journal was restored on "
      "purpose, "
      "move the log away: mv {0} {0}.old; see RESTORE in dispatch-operating(7)",
      log.string(), journal.string(), *why);
}

}  // namespace dispatch::journal
