#pragma once

#include <memory>
#include <string>

namespace dispatch::journal {

class LogSync;

/// A SQLite VFS on top of the default one, for the connection opened with its name. It joins the writes to
/// the write-ahead log, which SQLite makes one header and one page at a time, into one write for each commit.
/// The data reaches the file when SQLite syncs it, before the commit is published; so use it only with
/// synchronous = FULL and checkpoint_fullfsync = ON. The error of a delayed write is reported by the sync.
/// With a Deferral the data is only written when SQLite syncs it at a commit, and LogSync syncs it later.
///
/// Writes are delayed only while the connection has the log's write lock, which SQLite takes at the start of
/// a transaction and releases at its end. Data that is still delayed then belongs to a transaction that was
/// rolled back, and is dropped: a later write would overwrite what another connection has committed
/// meanwhile.
///
/// Use one object for each connection; the connection must not outlive it.
class JoinedWal {
 public:
  /// Throws SQLite::Exception if SQLite has no memory for it.
  JoinedWal();
  ~JoinedWal();
  JoinedWal(const JoinedWal&) = delete;
  JoinedWal& operator=(const JoinedWal&) = delete;

  const std::string& name() const { return name_; }

  /// The syncs of the log.
  LogSync& sync();

  /// errno of the last write to the log that failed; 0 if none did. SQLite does not tell it of a commit.
  int write_error() const;

  /// While it lives, a commit of the connection does not sync the log: LogSync::defer().
  class Deferral {
   public:
    explicit Deferral(JoinedWal& joined);
    ~Deferral();
    Deferral(const Deferral&) = delete;
    Deferral& operator=(const Deferral&) = delete;

   private:
    JoinedWal& joined_;
  };

 private:
  struct Vfs;
  std::string name_;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace dispatch::journal
