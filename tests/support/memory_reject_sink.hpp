#pragma once

#include "ingest/rejects/reject_sink.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::test {

/// A rejected line as a sink keeps it.
struct KeptReject {
  std::string name;
  std::uint64_t number = 0;
  std::string reason;
  std::string text;
  friend bool operator==(const KeptReject&, const KeptReject&) = default;
};

/// Keeps rejects in memory. Used by one thread.
class MemoryRejectSink final : public ingest::RejectSink {
 public:
  explicit MemoryRejectSink(std::size_t lines_most = std::numeric_limits<std::size_t>::max(),
                            std::size_t bytes_most = std::numeric_limits<std::size_t>::max())
      : lines_most_(lines_most), bytes_most_(bytes_most) {}

  Result<std::size_t> keep(std::span<const ingest::Reject> rejects) override {
    std::size_t taken = 0;
    for (const ingest::Reject& reject : rejects) {
      const std::size_t size = reject.origin.text.size();
      if (kept_.size() >= lines_most_ || bytes_ + size > bytes_most_) break;
      if (reject.first || !open_)
        open_ = KeptReject{reject.origin.name(), reject.origin.number, reject.reason, {}};
      open_->text += reject.origin.text;
      bytes_ += size;
      if (reject.last) kept_.push_back(*std::exchange(open_, std::nullopt));
      ++taken;
    }
    return taken;
  }
  Result<> flush() override { return {}; }
  Result<> finish() override {
    open_.reset();
    return {};
  }

  const std::vector<KeptReject>& kept() const { return kept_; }

 private:
  const std::size_t lines_most_, bytes_most_;
  std::vector<KeptReject> kept_;
  std::optional<KeptReject> open_;
  std::size_t bytes_ = 0;
};

}  // namespace dispatch::test
