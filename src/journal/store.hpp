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
#include <string>
#include <vector>

namespace dispatch::journal {

/// The place where one journal is kept, whether or not there is a journal in it yet. It says how that journal
/// is opened to be written and read, who dispatches it, and how it is audited, copied and replaced. Holds
/// nothing open itself. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  /// The name of the place, the same wherever the program is started. For messages; without secrets.
  virtual std::string full_name() const = 0;

  /// False where there is nothing yet. True also where that cannot be told: what opens the journal then says
  /// why it cannot.
  virtual bool may_exist() const = 0;

  /// The files that the journal consists of, there or not, so that no input and no output is one of them.
  /// None where it is not kept in files of this machine.
  virtual std::vector<std::filesystem::path> files() const = 0;

  /// Opens the journal to write to it, and makes or migrates it where `opening` allows. A missing journal
  /// that must exist is misuse. `unavailable`: of another application or user, of a newer version, of an
  /// older one that may not be migrated, or about to be replaced.
  virtual Result<std::unique_ptr<Journal>> open(const Opening& opening) const = 0;

  /// Opens the journal, which must exist, to read it. A missing one is misuse; one of another application or
  /// of a version that this program does not read is `unavailable`.
  virtual Result<std::unique_ptr<JournalReader>> read() const = 0;

  /// The processes that dispatch the journal; the one returned is this process's own part in it.
  virtual std::unique_ptr<Roster> roster() const = 0;

  /// A process that dispatches the journal.
  struct Owner {
    std::optional<std::int64_t> pid;  ///< its process id as that process sees it, where that is known
  };
  /// Who dispatches the journal now; nothing where nobody does. For messages: it may have changed since.
  virtual Result<std::optional<Owner>> owner() const = 0;

  /// Audits every promise the journal makes, on an existing journal as it is at one moment, also while a
  /// dispatcher runs on it. Changes nothing. Damage is in the report; an error means that the journal could
  /// not be opened. Memory stays small whatever the journal's size.
  virtual Result<VerifyReport> verify(const VerifyOptions& options = {}) const = 0;

  /// Copies the journal as it is at one moment into the new file `to`, also while a run is on. The copy is
  /// one file of mode 0600, whole and on the disk; a file that is there already is misuse. Changes nothing of
  /// the journal, and may be made of one that cannot be written.
  virtual Result<Backup> back_up(const std::filesystem::path& to) const = 0;

  /// Puts a copy of the journal in the file `from` in the place of the one that is kept here, which is kept
  /// under another name. `from` may be of an older version; the next run migrates the copy. `unavailable`
  /// while any process that writes has the journal open: nothing is changed then, nor where `from` is no
  /// journal or cannot be copied.
  virtual Result<Restored> restore(const std::filesystem::path& from, WallTime now) const = 0;
};

}  // namespace dispatch::journal
