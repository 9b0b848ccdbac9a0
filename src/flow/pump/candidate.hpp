#pragma once

#include "flow/limits/lane.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace dispatch::flow {

/// How a delivery that may be loaded was found.
enum class Found {
  arrived,  ///< the turn has made it
  read,     ///< in the journal
};

/// A delivery that may be loaded, and what is known of it.
struct Candidate {
  QueueState* queue = nullptr;
  const journal::DeliveryRow* row = nullptr;
  /// What stands before it in its lane, where that was read.
  std::optional<journal::Predecessor> before = {};
  /// It stands right behind another candidate of its batch, or what is loaded, in its lane.
  bool follows = false;
};

/// The candidates of a batch, by the question that brought them. The rows must outlive it.
class CandidateBatch {
 public:
  /// What is added from now on is of the next question.
  void begin_question() { begins_.push_back(all_.size()); }
  void add(QueueState& queue, const journal::DeliveryRow& row) { all_.push_back({&queue, &row}); }

  std::vector<Candidate>& all() { return all_; }
  /// Those of the question of that number, from 0 on.
  std::span<const Candidate> of(std::size_t question) const {
    const std::size_t end = question + 1 < begins_.size() ? begins_[question + 1] : all_.size();
    return std::span{all_}.subspan(begins_[question], end - begins_[question]);
  }

 private:
  std::vector<Candidate> all_;
  std::vector<std::size_t> begins_;
};

}  // namespace dispatch::flow
