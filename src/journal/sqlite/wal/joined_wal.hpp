#pragma once

#include <memory>
#include <string>

namespace dispatch::journal {

/// A SQLite VFS over the default one, for the connection that is opened with its name: it joins the writes to
/// the write-ahead log, which come as a header and a page at a time, into one for each commit. They reach the
/// file when it is synced, before the commit is published; so only for synchronous = FULL. An error of a
/// write that was held back is the error of what made it necessary: the sync.
///
/// Writes are held back only while the connection has the log's write lock, which SQLite takes at the start
/// of a transaction and gives back at its end. What is still held then belongs to a transaction that was
/// undone, and is dropped: written later, it would overwrite what another connection has committed meanwhile.
///
/// One object for one connection, which must not outlive it.
class JoinedWal {
 public:
  /// Throws SQLite::Exception where SQLite has no memory for it.
  JoinedWal();
  ~JoinedWal();
  JoinedWal(const JoinedWal&) = delete;
  JoinedWal& operator=(const JoinedWal&) = delete;

  const std::string& name() const { return name_; }

 private:
  struct Vfs;
  std::string name_;
  std::unique_ptr<Vfs> vfs_;
};

}  // namespace dispatch::journal
