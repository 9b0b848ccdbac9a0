#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstddef>
#include <cstdint>

namespace dispatch::journal {

/// Tells what other connections have committed, by what is new in the journal since the last look.
class ChangeReader {
 public:
  explicit ChangeReader(SQLite::Database& database);

  /// True where another connection has committed since the last call: its data version has changed.
  bool has_news(std::int64_t data_version);
  /// Journal::changes, where there is news.
  Changes take(std::int64_t subscriptions_version);
  /// This connection has committed events.
  void note_own_events(std::size_t events) { own_events_ += events; }

 private:
  Position newest_event();

  Statement newest_event_, newest_action_, queues_;
  std::int64_t data_version_ = -1;  // none yet
  std::int64_t subscriptions_version_ = 0;
  std::int64_t action_ = 0;
  Position event_{};            // all up to this one were seen, or are our own
  std::size_t own_events_ = 0;  // above it
  bool everything_ = true;      // at the first look
};

}  // namespace dispatch::journal
