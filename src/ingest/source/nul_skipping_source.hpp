#pragma once

#include "ingest/source/source.hpp"
#include "ingest/source/warn.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::ingest {

/// A source without the runs of NULs that a log file has after it was truncated while its writer went on
/// where it stood: `run_least` NULs or more at the start of a line. All others stay. The first
/// `warnings_most` runs have a warning each, the others one together at the end. Memory: a block, whatever
/// the length of a run. Used by one thread.
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
  /// Reads a block and looks for runs in it.
  void take_input();
  /// Brings the position behind the NULs that begin a line, and decides about them where they end.
  void skip_run();
  void end_run();
  std::size_t give(std::span<char> into);
  /// True where nothing of a block is left to be looked at.
  bool clear() const { return begin_ == end_ && run_ == 0 && owed_ == 0; }
  /// True where read has its answer.
  bool settled() const { return begin_ < end_ || owed_ > 0 || ended_ || error_.has_value(); }

  std::unique_ptr<Source> inner_;
  const Warn warn_;
  std::vector<char> block_;  ///< used only where there are NULs
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t position_ = 0;  ///< of block_[begin_] in the text
  bool at_line_start_ = true;
  std::uint64_t run_ = 0;  ///< NULs of the run under way
  std::size_t owed_ = 0;   ///< NULs that turned out to be too few for a run, to be given before the block
  std::uint64_t runs_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
