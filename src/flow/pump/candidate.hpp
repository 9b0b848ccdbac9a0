#pragma once

#include "flow/limits/lane.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::flow {

/// Where a delivery that may be loaded comes from.
enum class Found {
  arrived,  ///< made in this turn
  kept,     ///< made in an earlier turn and kept; it may have been done since
  read,     ///< read from the journal
};

/// A delivery that may be loaded.
struct Candidate {
  QueueState* queue = nullptr;
  const journal::DeliveryRow* row = nullptr;
  /// What precedes it in its lane, if that was read.
  std::optional<journal::Predecessor> before = {};
  /// True: it directly follows another candidate of the batch, or a loaded delivery, in its lane.
  bool follows = false;
};

/// The candidates of a batch, grouped by question. The rows must outlive it.
class CandidateBatch {
 public:
  /// Starts the next question; candidates added from now on belong to it.
  void begin_question() { begins_.push_back(all_.size()); }
  void add(QueueState& queue, const journal::DeliveryRow& row) { all_.push_back({&queue, &row}); }

  std::vector<Candidate>& all() { return all_; }
  /// The candidates of the question with that number, counted from 0.
  std::span<const Candidate> of(std::size_t question) const {
    const std::size_t end = question + 1 < begins_.size() ? begins_[question + 1] : all_.size();
    return std::span{all_}.subspan(begins_[question], end - begins_[question]);
  }

 private:
  std::vector<Candidate> all_;
  std::vector<std::size_t> begins_;
};

}  // namespace dispatch::flow
