#pragma once

#include "ingest/source/source.hpp"

#include <memory>
#include <string_view>

namespace dispatch::ingest {

/// A source whose next bytes can be examined before they are read. Memory: the examined and unread bytes, and
/// one more block. Used by one thread.
class Lookahead final : public Source {
 public:
  explicit Lookahead(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}

  /// The bytes that read() will return next, as far as they are known.
  std::string_view seen() const { return {buffer_.get() + begin_, end_ - begin_}; }
  /// True if nothing follows seen().
  bool ended() const { return ended_; }
  /// Adds at least one byte to seen(), or finds the end. Waits like read().
  Result<> look_further();
  /// True if look_further() would return without waiting.
  bool ready_further() { return ended_ || inner_->ready(); }

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override { return begin_ < end_ || ready_further(); }
  const std::string& name() const override { return inner_->name(); }

 private:
  std::unique_ptr<Source> inner_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
};

}  // namespace dispatch::ingest
