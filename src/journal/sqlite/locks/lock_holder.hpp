#pragma once

#include "journal/sqlite/files/file_identity.hpp"
#include "journal/sqlite/locks/lock_file.hpp"

#include <cstdint>
#include <optional>

namespace dispatch::journal {

/// The process that holds the byte of the lock file, from /proc/PID/fdinfo (proc(5)): fcntl(2) does not tell
/// whose an open file description lock is. Nothing if no process of this user on this machine is seen to hold
/// it. For messages: it looks at every process, which can take some milliseconds.
std::optional<std::int64_t> holder_of(const FileIdentity& lock_file, LockFile::Byte byte);

}  // namespace dispatch::journal
