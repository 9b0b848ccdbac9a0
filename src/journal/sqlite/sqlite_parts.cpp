#include "journal/sqlite/sqlite_parts.hpp"

#include "journal/sqlite/wal/log_sync.hpp"

namespace dispatch::journal {

void SqliteParts::give_up() noexcept {
  spent = true;
  auto* const wal = connection->joined_wal();
  if (wal == nullptr || !wal->sync().has_failed()) return;
  if (turn.is_open()) {  // it holds the writer lock
    wal->sync().write_again();
    return;
  }
  const auto inside = WriterLockGuard::lock(connection->writer_lock());
  if (inside) wal->sync().write_again();
}

}  // namespace dispatch::journal
