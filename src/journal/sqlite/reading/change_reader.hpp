#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstddef>
#include <cstdint>

namespace dispatch::journal {

/// Finds out what other connections have committed since the last call.
class ChangeReader {
 public:
  explicit ChangeReader(SQLite::Database& database);

  /// True if another connection has committed since the last call, which changes `data_version`.
  bool has_news(std::int64_t data_version);
  /// Implements Journal::changes; call it if has_news().
  Changes take(std::int64_t subscriptions_version);
  /// Notes that this connection has committed `events` events.
  void note_own_events(std::size_t events) { own_events_ += events; }

 private:
  Position newest_event();

  Statement newest_event_, newest_action_, queues_;
  std::int64_t data_version_ = -1;          // none yet
  std::int64_t subscriptions_version_ = 0;  // told up to this one, as of the actions below
  std::int64_t action_ = 0;
  Position event_{};            // all events up to this one were seen, or are our own
  std::size_t own_events_ = 0;  // number of our own events above event_
  bool everything_ = true;      // true for the first call
};

}  // namespace dispatch::journal
