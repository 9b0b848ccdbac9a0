#pragma once

#include "base/crypto/sha256.hpp"
#include "base/error.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace dispatch::journal {

/// The rejected lines that wait for an operator. Lines are compared by the SHA-256 of their texts, so that a
/// hostile input cannot hide one line behind another.
class RejectQueue {
 public:
  RejectQueue(SQLite::Database& database, const TurnAccount& turn);

  /// Implements Transaction::queue_rejects.
  Result<std::size_t> queue(std::span<const RejectedLine> lines, const RejectCount& most, WallTime now);
  /// Implements Transaction::unqueue_rejects.
  void unqueue(std::span<const std::string_view> texts);
  /// Implements Transaction::clear_rejects.
  RejectCount clear(const RejectSelection& which, WallTime now, std::int64_t most);
  /// Implements Journal::open_rejects.
  RejectCount open();

  /// Call it when another connection has committed: counts are read again.
  void look_again();
  /// Call it after the turn was abandoned: cached values may be wrong.
  void forget();

 private:
  /// A line whose last piece has not come.
  struct Partial {
    std::int64_t no = 0;
    std::int64_t bytes = 0;
    std::int64_t pieces = 0;
    Sha256Stream hash = {};
  };

  bool add_whole(const RejectedLine& line, const RejectCount& most, WallTime now);
  Result<bool> add_piece(const RejectedLine& line, const RejectCount& most, WallTime now);
  Result<> end_partial(const RejectedLine& line, WallTime now);
  std::int64_t begin(const RejectedLine& line, std::optional<Blob> digest, std::int64_t bytes, WallTime now);
  bool count_again(const Sha256& digest, const RejectedLine& line, WallTime now);
  void opened(std::int64_t bytes);
  void drop_partial();
  void remove(std::int64_t no);
  bool has_room(std::int64_t bytes, const RejectCount& most);
  /// True if any line is open. Reads the journal only if it may have changed since the last call.
  bool any_open();

  const TurnAccount& turn_;
  Sha256Stream hash_;  ///< of complete lines
  std::optional<Partial> partial_;
  std::optional<RejectCount> open_;
  std::optional<bool> any_open_;
  Statement find_, count_again_, add_, add_text_, complete_, remove_, remove_texts_, stale_, any_open_rows_,
      count_open_, open_of_number_, open_of_file_, open_of_any_file_, clear_, add_action_;
};

}  // namespace dispatch::journal
