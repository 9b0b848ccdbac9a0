// Where the journals of histories come from.

#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/verify/verify.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/journal/memory_journal.hpp"
#include "unit/flow/model/history.hpp"

#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

namespace dispatch::test {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<journal::SqliteJournal> open_file(const fs::path& path) {
  // No history ends with the machine.
  journal::SqliteOptions options;
  options.opening.durability = journal::Opening::Durability::delayed;
  return journal::SqliteJournal::open(path, options).value();
}

/// A journal in a directory of its own, gone with it.
struct Folder {
  explicit Folder(fs::path where) : path(std::move(where)) { fs::create_directory(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  const fs::path path;
};

std::optional<std::string> audited(const fs::path& path) {
  const auto report = journal::verify(path);
  if (!report) return report.error().message;
  if (report->healthy()) return std::nullopt;
  return report->findings.empty() ? "verify could not carry out a check"
                                  : fmt::format("verify: {}", report->findings.front().what);
}

}  // namespace

Place in_memory() {
  return [] {
    const auto store = std::make_shared<MemoryStore>();
    return Journals{.open = [store] { return std::make_unique<MemoryJournal>(store); }, .audit = {}};
  };
}

Place in_files() {
  const auto home = std::make_shared<TempDir>();
  if (const auto whole = open_file(home->path() / "empty.db")->checkpoint(); !whole)
    throw std::runtime_error{whole.error().message};
  return [home, made = std::make_shared<int>(0)] {
    const auto folder = std::make_shared<Folder>(home->path() / std::to_string(++*made));
    const auto path = folder->path / "journal.db";
    fs::copy_file(home->path() / "empty.db", path);
    return Journals{.open = [folder, path] { return open_file(path); },
                    .audit = [folder, path] { return audited(path); }};
  };
}

}  // namespace dispatch::test
