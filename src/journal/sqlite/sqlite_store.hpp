#pragma once

#include "journal/store.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::journal {

/// A place for a journal in a SQLite file; the file need not exist. dispatch-journal(5) describes it.
class SqliteStore final : public Store {
 public:
  /// `path` is also the name of the file in messages.
  explicit SqliteStore(std::string path) : path_(std::move(path)) {}

  std::string full_name() const override;
  bool may_exist() const override;
  std::vector<std::filesystem::path> files() const override;
  Result<std::unique_ptr<Journal>> open(const Opening& opening) const override;
  Result<std::unique_ptr<JournalReader>> read() const override;
  std::unique_ptr<Roster> roster() const override;
  Result<std::optional<Owner>> owner() const override;
  Result<VerifyReport> verify(const VerifyOptions& options = {}) const override;
  Result<Backup> back_up(const std::filesystem::path& to, const std::stop_token& stop = {}) const override;
  Result<Restored> restore(const std::filesystem::path& from, WallTime now,
                           const std::stop_token& stop = {}) const override;

 private:
  const std::string path_;
};

}  // namespace dispatch::journal
