#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/lru_cache.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::journal {

/// What an append needs to know of an entity's stream.
struct Stream {
  EntityNo entity;
  std::int64_t first = 1;   ///< first number of the stream
  std::int64_t last = 0;    ///< highest number that has arrived
  bool disordered = false;  ///< true: some event arrived before one with a lower number
  std::optional<std::uint64_t> unsent_at =
      {};  ///< TurnAccount::moves when nothing of the stream had been sent
};

/// A range of numbers that were missing when a higher one arrived.
struct Gap {
  std::int64_t first = 0, last = 0;
  std::optional<GapEnd> given_up = {};  ///< why it was given up; nothing: events wait for it
};

/// The entities and the gaps in their streams. Caches the streams used last. Call forget() when another
/// connection has committed or a turn was abandoned.
class Streams {
 public:
  explicit Streams(SQLite::Database& database);

  /// Null if no event of the entity was ever accepted. Valid until the next call of find or create.
  Stream* find(std::string_view entity);
  Stream& create(std::string_view entity, std::int64_t first);

  /// Records that the numbers from `first` to `last` are missing and given up at once.
  void ignore_gap(const Stream& stream, std::int64_t first, std::int64_t last, WallTime now);
  /// Records that the numbers from `first` to `last` are missing, because an event above them has arrived.
  void open_gap(Stream& stream, std::int64_t first, std::int64_t last, WallTime now);
  /// True if every delivery of the entity is pending and none was ever begun. `moves` is TurnAccount::moves.
  bool is_unsent(Stream& stream, std::uint64_t moves);
  /// Lowers the start of a stream to `first`, whose event has arrived now. Nothing of the stream may have
  /// been sent.
  void lower_start(Stream& stream, std::int64_t first, Gaps gaps, WallTime now);
  /// The gap that contains the number; nothing if there is none.
  std::optional<Gap> gap_at(const Stream& stream, std::int64_t number);
  /// Removes a number that has arrived from its open gap.
  void fill(const Stream& stream, const Gap& gap, std::int64_t number);
  /// The lowest open gap of the entity; nothing if there is none.
  std::optional<Gap> lowest_open(EntityNo entity);

  void forget() { known_.clear(); }

 private:
  static constexpr std::size_t remembered = 65'536;

  LruCache<Stream> known_{remembered};
  Statement find_, create_, disorder_, sent_, lower_, gap_at_, lowest_open_, add_gap_, ignore_gap_,
      remove_gap_, shorten_gap_, raise_gap_, split_gap_;
};

}  // namespace dispatch::journal
