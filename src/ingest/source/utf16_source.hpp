#pragma once

#include "ingest/source/source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::ingest {

enum class ByteOrder { little_endian, big_endian };

/// Converts UTF-16 (RFC 2781) to UTF-8. An unpaired surrogate becomes the three bytes that would be its
/// UTF-8, which no UTF-8 reader accepts: so only its own line is rejected. An odd last byte is an error. Used
/// by one thread.
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
  unsigned high_half_ = 0;  ///< a high surrogate without its low one yet; 0: none
  std::string out_;
  std::size_t out_begin_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
