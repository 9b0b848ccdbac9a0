#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/backup.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"
#include "journal/opening.hpp"
#include "journal/roster.hpp"
#include "journal/verify.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dispatch::journal {

/// The place of one journal, whether or not the journal exists yet. It opens the journal for writing and for
/// reading, tells who dispatches it, and audits, copies and replaces it. Holds nothing open itself.
/// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  /// The name of the place, independent of the working directory. For messages; contains no secrets.
  virtual std::string full_name() const = 0;

  /// False if the journal does not exist. True also if that is unknown; opening the journal then reports why
  /// it fails.
  virtual bool may_exist() const = 0;

  /// The files of the journal, existing or not, so that a caller can refuse them as inputs or outputs. Empty
  /// if the journal is not kept in files of this machine.
  virtual std::vector<std::filesystem::path> files() const = 0;

  /// Opens the journal for writing; creates or migrates it if `opening` allows. A missing journal that must
  /// exist is misuse. Returns `unavailable` if the journal belongs to another application or user, has a
  /// newer version or an older one that may not be migrated, or is about to be replaced.
  virtual Result<std::unique_ptr<Journal>> open(const Opening& opening) const = 0;

  /// Opens an existing journal for reading. A missing one is misuse; one of another application, or with a
  /// version that this program does not read, is `unavailable`.
  virtual Result<std::unique_ptr<JournalReader>> read() const = 0;

  /// The processes that dispatch the journal. The returned object is this process's membership.
  virtual std::unique_ptr<Roster> roster() const = 0;

  /// A process that dispatches the journal.
  struct Owner {
    std::optional<std::int64_t> pid;  ///< its process id as that process sees it; nothing if not known
  };
  /// The process that dispatches the journal now; nothing if there is none. For messages: the answer may be
  /// out of date.
  virtual Result<std::optional<Owner>> owner() const = 0;

  /// Checks every promise of an existing journal on one snapshot, also while a dispatcher runs. Changes
  /// nothing. Reports damage in the result; returns an error only if the journal could not be opened. Memory
  /// stays small for a journal of any size.
  virtual Result<VerifyReport> verify(const VerifyOptions& options = {}) const = 0;

  /// Copies a snapshot of the journal into the new file `to`, also while a run is active. The copy is one
  /// complete, synced file with mode 0600; an existing file is misuse. Works on a read-only journal and on
  /// one of an older version, which the copy keeps, and changes nothing in it. Returns `interrupted` if a
  /// stop is requested before the copy is complete; nothing of it is left then.
  virtual Result<Backup> back_up(const std::filesystem::path& to, const std::stop_token& stop = {}) const = 0;

  /// Replaces the journal with a copy of the journal in the file `from`, and keeps the old one under another
  /// name. `from` may have an older version; the next run migrates the copy. Returns `unavailable`, and
  /// changes nothing, while any process has the journal open for writing. It also changes nothing if `from`
  /// is not a journal or cannot be copied, or if a stop is requested before it is copied (`interrupted`).
  virtual Result<Restored> restore(const std::filesystem::path& from, WallTime now,
                                   const std::stop_token& stop = {}) const = 0;
};

}  // namespace dispatch::journal
