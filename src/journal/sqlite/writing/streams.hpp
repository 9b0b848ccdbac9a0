#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/lru_cache.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::journal {

/// What an append must know of an entity.
struct Stream {
  EntityNo entity;
  std::int64_t first = 1;                       ///< where the stream begins
  std::int64_t last = 0;                        ///< the highest number that has arrived
  bool disordered = false;                      ///< some event arrived before one of a lower number
  std::optional<std::uint64_t> unsent_at = {};  ///< TurnAccount::moves when nothing of it had been sent
};

/// Numbers that had not arrived when a higher one did.
struct Gap {
  std::int64_t first = 0, last = 0;
  std::optional<GapEnd> given_up = {};  ///< by whom; nothing: they are waited for
};

/// The entities, and the gaps in their streams. Remembers the streams used last: forget() when another
/// connection has committed, and when a turn is abandoned.
class Streams {
 public:
  explicit Streams(SQLite::Database& database);

  /// Null where no event of the entity was ever accepted. Valid until the next call of find or create.
  Stream* find(std::string_view entity);
  Stream& create(std::string_view entity, std::int64_t first);

  /// Numbers from `first` to `last` are missing, and nobody waits for them.
  void ignore_gap(const Stream& stream, std::int64_t first, std::int64_t last, WallTime now);
  /// Numbers from `first` to `last` are missing: an event above them has arrived.
  void open_gap(Stream& stream, std::int64_t first, std::int64_t last, WallTime now);
  /// True where every delivery of the entity is pending and was never begun. `moves` is TurnAccount::moves.
  bool is_unsent(Stream& stream, std::uint64_t moves);
  /// The stream, of which nothing was sent, begins at `first`, which has arrived now, and not where it did.
  void lower_start(Stream& stream, std::int64_t first, Gaps gaps, WallTime now);
  /// The gap that the number lies in.
  std::optional<Gap> gap_at(const Stream& stream, std::int64_t number);
  /// A number inside an open gap has arrived.
  void fill(const Stream& stream, const Gap& gap, std::int64_t number);
  /// The lowest open gap of all.
  std::optional<Gap> lowest_open(EntityNo entity);

  void forget() { known_.clear(); }

 private:
  static constexpr std::size_t remembered = 65'536;

  LruCache<Stream> known_{remembered};
  Statement find_, create_, disorder_, sent_, lower_, gap_at_, lowest_open_, add_gap_, ignore_gap_,
      remove_gap_, shorten_gap_, raise_gap_, split_gap_;
};

}  // namespace dispatch::journal
