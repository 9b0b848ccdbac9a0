#pragma once

#include "ingest/batch/batch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::flow {

/// How much of the inputs of a run has been decided, that is accepted or rejected. What was read and is not
/// decided counts as not read. A value.
class InputProgress {
 public:
  /// Every line of `batch` is decided. Batches come in the order in which they were read.
  void note(const ingest::Batch& batch);

  /// The inputs that are not decided to their end, in their order, each with the last line that is. `inputs`:
  /// all inputs of the run; empty where it has none.
  std::vector<ingest::UnreadInput> unread(const std::vector<std::string>& inputs,
                                          const std::string& why) const;

 private:
  void note(const ingest::Origin& origin);

  std::size_t done_ = 0;   ///< inputs that are decided to their end
  std::size_t input_ = 0;  ///< the one that holds the last line that is decided
  std::uint64_t line_ = 0, element_ = 0;
};

}  // namespace dispatch::flow
