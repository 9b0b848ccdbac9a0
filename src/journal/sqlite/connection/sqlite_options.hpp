#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace dispatch::journal {

struct SqliteOptions {
  /// Open a journal that is there; a missing one is misuse. Default: create it.
  bool existing_only = false;

  /// Told, in words for people, what was put right about the journal's files. Without it a journal whose mode
  /// lets others use it is refused. Default: none.
  std::function<void(const std::string&)> notice = {};

  /// Told, in words for people, that a journal of an older version was migrated. Without it such a journal is
  /// `unavailable` and stays as it is, as a dry run must leave it. Default: none.
  std::function<void(const std::string&)> migrated = {};

  /// When a commit is on the disk.
  enum class Synchronous {
    normal,  ///< at the next checkpoint: a power failure may undo the last turns, so that sent events are
             ///< sent again
    full,    ///< when commit_turn returns
  };
  Synchronous synchronous = Synchronous::full;

  std::int64_t cache_bytes = 16'777'216;  ///< page cache of one connection. Default 16 MiB
  int checkpoint_pages = 4096;            ///< the WAL is checkpointed when so long. Default 4096, 16 MiB
  std::chrono::milliseconds busy_timeout{
      10'000};  ///< wait for a program that does not know the writer lock. Default 10 s
};

}  // namespace dispatch::journal
