#pragma once

#include "journal/opening.hpp"

#include <chrono>
#include <cstdint>

namespace dispatch::journal {

/// How a journal in a SQLite file is opened. Where others may use its files, their mode becomes 0600 and
/// Opening::notice is told. With Durability::delayed a commit is on the disk at the next checkpoint.
struct SqliteOptions {
  Opening opening = {};
  std::int64_t cache_bytes = 16'777'216;  ///< page cache of one connection. Default 16 MiB
  int checkpoint_pages = 4096;            ///< the WAL is checkpointed when so long. Default 4096, 16 MiB
  std::chrono::milliseconds busy_timeout{
      10'000};  ///< wait for a program that does not know the writer lock. Default 10 s
};

}  // namespace dispatch::journal
