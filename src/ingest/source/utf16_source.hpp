#pragma once

#include "ingest/source/source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::ingest {

enum class ByteOrder { little_endian, big_endian };

/// A source of UTF-16 (RFC 2781) as UTF-8. A surrogate without its other half becomes the three bytes that
/// would be its UTF-8, which no reader of UTF-8 accepts: the line that it stands in is rejected, and no
/// other. A last odd byte is an error. Used by one thread.
class Utf16Source final : public Source {
 public:
  Utf16Source(std::unique_ptr<Source> inner, ByteOrder order);

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return inner_->name(); }

 private:
  Result<> take_input();
  void convert(unsigned unit);
  bool settled() const { return out_begin_ < out_.size() || ended_ || error_.has_value(); }

  std::unique_ptr<Source> inner_;
  const ByteOrder order_;
  std::vector<char> in_;
  std::size_t held_ = 0;    ///< bytes of in_ that are half a unit: 0 or 1
  unsigned high_half_ = 0;  ///< a high surrogate whose low one has not come; 0: none
  std::string out_;
  std::size_t out_begin_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
