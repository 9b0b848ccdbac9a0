#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>

namespace dispatch::journal {

/// Tells what other connections have committed, by what is new in the journal since the last look.
class ChangeReader {
 public:
  explicit ChangeReader(SQLite::Database& database);

  /// Journal::changes. `data_version` is that of the connection: it changes when another has committed.
  Changes look(std::int64_t data_version, std::int64_t subscriptions_version);
  /// This connection has committed events.
  void note_own_events() { own_events_ = true; }

 private:
  Position newest_event();

  Statement newest_event_, newest_action_, queues_;
  std::int64_t data_version_ = -1;  // none yet
  std::int64_t subscriptions_version_ = 0;
  std::int64_t action_ = 0;
  Position event_{};         // all up to this one were seen, or are our own
  bool own_events_ = false;  // since the last look
};

}  // namespace dispatch::journal
