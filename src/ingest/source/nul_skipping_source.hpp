#pragma once

#include "ingest/source/source.hpp"
#include "ingest/source/warn.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::ingest {

/// Removes runs of NULs from a source. A log file has such a run if it was truncated while its writer
/// continued at the old offset. A run is `run_least` NULs or more at the start of a line; all other NULs
/// stay. Warns about each of the first `warnings_most` runs, and about the others together at the end.
/// Memory: one block, for runs of any length. Used by one thread.
class NulSkippingSource final : public Source {
 public:
  static constexpr std::size_t run_least = 16;
  static constexpr std::uint64_t warnings_most = 5;

  NulSkippingSource(std::unique_ptr<Source> inner, Warn warn)
      : inner_(std::move(inner)), warn_(std::move(warn)) {}

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return inner_->name(); }

 private:
  /// Reads a block and searches it for runs.
  void take_input();
  /// Skips the NULs at the start of a line, and at their end decides whether they are a run.
  void skip_run();
  void end_run();
  std::size_t give(std::span<char> into);
  /// True if nothing of the block is left to be examined.
  bool clear() const { return begin_ == end_ && run_ == 0 && owed_ == 0; }
  /// True if read() can return.
  bool settled() const { return begin_ < end_ || owed_ > 0 || ended_ || error_.has_value(); }

  std::unique_ptr<Source> inner_;
  const Warn warn_;
  std::vector<char> block_;  ///< used only if there are NULs
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t position_ = 0;  ///< offset of block_[begin_] in the text
  bool at_line_start_ = true;
  std::uint64_t run_ = 0;  ///< number of NULs in the current run
  std::size_t owed_ = 0;   ///< NULs that were too few for a run, to be returned before the block
  std::uint64_t runs_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
