#pragma once

#include <algorithm>
#include <cstddef>

namespace dispatch::flow {

/// What one turn may read of one kind, so that it calls the journal a bounded number of times however much
/// there is to read: in each round what is wanted is collected, asked for at once, and loaded. What is left
/// is read in the next turn.
class Rounds {
 public:
  explicit Rounds(std::size_t rows) : rows_left_(rows) {}

  static constexpr int most = 4;
  static constexpr std::size_t rows_of_one = 256;  ///< of one delivery queue in one round

  /// Begins a round. False where the turn has read enough.
  bool next() {
    unclaimed_ = rows_left_;
    return rows_left_ > 0 && round_++ < most;
  }
  /// What each of so many may ask for in this round, so that all of them get something.
  std::size_t share(std::size_t askers) const {
    return std::clamp<std::size_t>(rows_left_ / std::max<std::size_t>(askers, 1), 1, rows_of_one);
  }
  /// So many of `wanted` rows may be asked for in this round; 0: none.
  std::size_t claim(std::size_t wanted) {
    const std::size_t given = std::min(wanted, unclaimed_);
    unclaimed_ -= given;
    return given;
  }
  /// So many rows have come. One that brings nothing costs as much as a row.
  void count(std::size_t rows) { rows_left_ -= std::min(rows_left_, std::max<std::size_t>(rows, 1)); }

  std::size_t rows_left() const { return rows_left_; }

 private:
  std::size_t rows_left_;
  std::size_t unclaimed_ = 0;
  int round_ = 0;
};

}  // namespace dispatch::flow
