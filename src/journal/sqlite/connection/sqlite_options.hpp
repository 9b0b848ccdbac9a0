#pragma once

#include "journal/opening.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::journal {

/// How a journal in a SQLite file is opened. If other users can read or write its files, their mode becomes
/// 0600 and Opening::notice is called. With Durability::delayed a commit is on the disk after the next
/// checkpoint.
struct SqliteOptions {
  Opening opening = {};
  std::int64_t cache_bytes = 16'777'216;  ///< page cache of one connection, in bytes. Default 16 MiB
  int checkpoint_pages = 4096;  ///< WAL size in pages at which it is checkpointed. Default 4096, 16 MiB
  std::chrono::milliseconds busy_timeout{
      10'000};  ///< longest wait for a program that does not use the writer lock. Default 10 s
};

}  // namespace dispatch::journal
