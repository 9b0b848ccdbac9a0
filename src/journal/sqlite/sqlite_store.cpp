#include "journal/sqlite/sqlite_store.hpp"

#include "journal/sqlite/backup/backup.hpp"
#include "journal/sqlite/connection/sqlite_options.hpp"
#include "journal/sqlite/files/journal_files.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/locks/sqlite_roster.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/verify/verify.hpp"

#include <system_error>

namespace dispatch::journal {

std::string SqliteStore::full_name() const {
  std::error_code unknown;
  return std::filesystem::absolute(path_, unknown).string();
}

bool SqliteStore::may_exist() const {
  return may_be_there(path_);
}

std::vector<std::filesystem::path> SqliteStore::files() const {
  return files_of(path_);
}

Result<std::unique_ptr<Journal>> SqliteStore::open(const Opening& opening) const {
  auto journal = SqliteJournal::open(path_, {opening});
  if (!journal) return tl::unexpected(std::move(journal).error());
  return std::unique_ptr<Journal>{std::move(*journal)};
}

Result<std::unique_ptr<JournalReader>> SqliteStore::read() const {
  DISPATCH_ASSIGN(auto reader, SqliteReader::open(path_));
  return std::unique_ptr<JournalReader>{std::make_unique<SqliteReader>(std::move(reader))};
}

std::unique_ptr<Roster> SqliteStore::roster() const {
  return std::make_unique<SqliteRoster>(path_);
}

Result<std::optional<Store::Owner>> SqliteStore::owner() const {
  DISPATCH_ASSIGN(const auto taken, Ownership::is_taken(path_));
  if (!taken) return std::nullopt;
  return Owner{Ownership::owner_pid(path_)};
}

Result<VerifyReport> SqliteStore::verify(const VerifyOptions& options) const {
  return journal::verify(path_, options);
}

Result<Backup> SqliteStore::back_up(const std::filesystem::path& to, const std::stop_token& stop) const {
  return journal::back_up(path_, to, stop);
}

Result<Restored> SqliteStore::restore(const std::filesystem::path& from, WallTime now,
                                      const std::stop_token& stop) const {
  return journal::restore(from, path_, now, stop);
}

}  // namespace dispatch::journal
