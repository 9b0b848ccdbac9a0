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

/// The rejected lines that wait for an operator. Lines are compared by the SHA-256 of their texts: a hostile
/// author of the input must not be able to hide one line behind another.
class RejectQueue {
 public:
  RejectQueue(SQLite::Database& database, const TurnAccount& turn);

  /// Transaction::queue_rejects.
  Result<std::size_t> queue(std::span<const RejectedLine> lines, const RejectCount& most, WallTime now);
  /// Transaction::unqueue_rejects.
  void unqueue(std::span<const std::string_view> texts);
  /// Transaction::clear_rejects.
  RejectCount clear(const RejectSelection& which, WallTime now, std::int64_t most);
  /// Journal::open_rejects.
  RejectCount open();

  /// Another connection has committed: counts are to be read again.
  void look_again();
  /// The turn was abandoned: nothing remembered may be trusted.
  void forget();

 private:
  /// A line of which not all pieces have come.
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
  bool count_again(const Sha256& digest, std::string_view reason, WallTime now);
  void opened(std::int64_t bytes);
  void drop_partial();
  void remove(std::int64_t no);
  bool has_room(std::int64_t bytes, const RejectCount& most);
  /// Reads the journal only where it may have changed since the last call.
  bool any_open();

  const TurnAccount& turn_;
  Sha256Stream hash_;  ///< of whole lines
  std::optional<Partial> partial_;
  std::optional<RejectCount> open_;
  std::optional<bool> any_open_;
  Statement find_, count_again_, add_, add_text_, complete_, remove_, remove_texts_, stale_, any_open_rows_,
      count_open_, open_of_number_, open_of_file_, open_of_any_file_, clear_, add_action_;
};

}  // namespace dispatch::journal
