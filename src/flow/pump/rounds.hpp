#pragma once

#include <algorithm>
#include <cstddef>

namespace dispatch::flow {

/// Limits what one turn reads of one kind, so that it calls the journal a bounded number of times however
/// much there is to read. Each round collects what is wanted, asks for it at once, and loads it. The rest is
/// read in the next turn.
class Rounds {
 public:
  explicit Rounds(std::size_t rows) : rows_left_(rows) {}

  static constexpr int most = 4;
  static constexpr std::size_t rows_of_one = 256;  ///< of one delivery queue in one round

  /// Begins a round. Returns false if the turn has read enough.
  bool next() {
    unclaimed_ = rows_left_;
    return rows_left_ > 0 && round_++ < most;
  }
  /// The number of rows that each of `askers` may ask for in this round, so that all get some.
  std::size_t share(std::size_t askers) const {
    return std::clamp<std::size_t>(rows_left_ / std::max<std::size_t>(askers, 1), 1, rows_of_one);
  }
  /// Reserves up to `wanted` rows in this round; returns how many, 0: none.
  std::size_t claim(std::size_t wanted) {
    const std::size_t given = std::min(wanted, unclaimed_);
    unclaimed_ -= given;
    return given;
  }
  /// Notes that `rows` rows were read. A question without rows costs as much as one row.
  void count(std::size_t rows) { rows_left_ -= std::min(rows_left_, std::max<std::size_t>(rows, 1)); }

  std::size_t rows_left() const { return rows_left_; }

 private:
  std::size_t rows_left_;
  std::size_t unclaimed_ = 0;
  int round_ = 0;
};

}  // namespace dispatch::flow
