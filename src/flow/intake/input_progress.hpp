#pragma once

#include "ingest/batch/batch.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dispatch::flow {

/// How much of a run's inputs has been decided, that is, accepted or rejected. Lines that were read but not
/// decided count as unread. A value.
class InputProgress {
 public:
  /// Notes that every line of `batch` is decided. Batches come in the order in which they were read.
  void note(const ingest::Batch& batch);

  /// The inputs that are not completely decided, in order, each with its last decided line. `inputs`: all
  /// inputs of the run; empty if there are none.
  std::vector<ingest::UnreadInput> unread(const std::vector<std::string>& inputs,
                                          const std::string& why) const;

 private:
  void note(const ingest::Origin& origin);

  std::size_t done_ = 0;   ///< number of completely decided inputs
  std::size_t input_ = 0;  ///< index of the input that holds the last decided line
  std::uint64_t line_ = 0, element_ = 0;
};

}  // namespace dispatch::flow
