#pragma once

#include "event/arrival.hpp"
#include "journal/journal.hpp"
#include "journal/sqlite/connection/sqlite_options.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "journal/sqlite/sqlite_store.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/journal/memory_journal.hpp"
#include "support/journal/memory_roster.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace dispatch::test {

/// Options to open a journal of an older version, which are told what was done into `said`.
inline journal::SqliteOptions migrating(std::string* said = nullptr) {
  journal::SqliteOptions options;
  options.opening.migrated = [said](const std::string& what) {
    if (said != nullptr) *said = what;
  };
  return options;
}

/// A journal in a file of its own. Every object opened stands for a process.
class SqliteSubject {
 public:
  using Durability = journal::Opening::Durability;

  std::unique_ptr<journal::Journal> open(Durability durability = Durability::at_commit) {
    auto opening = migrating().opening;
    opening.durability = durability;
    return store_.open(opening).value();
  }
  std::unique_ptr<journal::JournalReader> read() const { return store_.read().value(); }
  std::unique_ptr<journal::Roster> roster() const { return store_.roster(); }
  const journal::Store& store() const { return store_; }
  std::string path() const { return dir_ / "dispatch.db"; }

 private:
  TempDir dir_;
  journal::SqliteStore store_{path()};
};

class MemorySubject {
 public:
  std::unique_ptr<journal::Journal> open(journal::Opening::Durability = {}) {
    return std::make_unique<MemoryJournal>(store_);
  }
  std::unique_ptr<journal::Roster> roster() const { return std::make_unique<MemoryRoster>(owned_); }

 private:
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
  std::shared_ptr<bool> owned_ = std::make_shared<bool>(false);
};

// What each contract suite runs on; another implementation is added here.
#define JOURNALS dispatch::test::SqliteSubject, dispatch::test::MemorySubject
#define ROSTERS dispatch::test::SqliteSubject, dispatch::test::MemorySubject
#define READERS dispatch::test::SqliteSubject
#define STORES dispatch::test::SqliteSubject

/// What a line of input says; an arrival is made of it. Its host is what its url names, and each url is a
/// route.
struct Line {
  std::string id = {};
  std::optional<std::string> entity = "order-1";
  std::optional<std::int64_t> sequence = {};
  std::string payload = "{}";
  std::string type = {};
  std::string own_url = {};
  std::string source = {}, time = {}, correlation_id = {}, causation_id = {}, headers = {};
  std::vector<std::string> urls{"http://a.test/hook"};
  tracing::TraceContext trace = {};
  std::string input = {};
};

inline constexpr WallTime noon{std::chrono::seconds{1'700'000'000}};
inline constexpr QueueNo first_queue{1};

/// Appends in a turn of its own; in `append_here` in the turn that is open.
std::vector<journal::Appended> append_all(journal::Journal& journal, const std::vector<Line>& lines,
                                          const journal::StreamStart& start = {});
journal::AppendReport append_here(journal::Transaction& transaction, const std::vector<Line>& lines,
                                  const journal::StreamStart& start = {});
journal::Appended append(journal::Journal& journal, const Line& line, const journal::StreamStart& start = {});

/// The delivery of the event at `position` in `queue`.
journal::DeliveryRow delivery(journal::Journal& journal, std::int64_t position, QueueNo queue = first_queue);
DeliveryState state_of(journal::Journal& journal, std::int64_t position, QueueNo queue = first_queue);

/// Each in a turn of its own.
journal::Begun begin(journal::Journal& journal, const journal::DeliveryRow& row, WallTime now = noon);
void end(journal::Journal& journal, const journal::DeliveryRow& row, Transition by, WallTime due = noon);
/// From pending: begins, and ends as told.
void attempt(journal::Journal& journal, std::int64_t position, Transition by, WallTime due = noon);

/// Positions of rows, and sequence numbers, for comparing.
std::vector<std::int64_t> positions(const std::vector<journal::DeliveryRow>& rows);

/// The positions that are woken after action `after`.
std::vector<std::int64_t> woken(journal::Journal& journal, std::int64_t after = 0);

Outcome answered(int status);

/// Throws, and so fails the test, where something went wrong.
template <class T>
void must(const Result<T>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

}  // namespace dispatch::test
