#include "ingest/source_gzip.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include <zlib.h>

namespace dispatch::ingest {
namespace {

constexpr unsigned char magic_first = 0x1f;
constexpr unsigned char magic_second = 0x8b;
constexpr std::size_t buffer_size = std::size_t{64} * 1024;

/// zlib's decoder for the gzip format, ended with its owner.
class Inflater {
 public:
  Inflater() {
    constexpr int gzip_only = 16;
    if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc{};
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }
  z_stream& operator*() { return stream_; }
  z_stream* operator->() { return &stream_; }
  const z_stream* operator->() const { return &stream_; }

 private:
  z_stream stream_{};
};

class DecompressedSource final : public Source {
 public:
  explicit DecompressedSource(std::unique_ptr<Source> inner) : inner_(std::move(inner)), in_(buffer_size) {}

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return inner_->name(); }

 private:
  enum class Form { undecided, plain, gzip };

  /// Goes a little way towards output: reads from the inner source if it must, then decompresses.
  Result<> step();
  Result<> take_input();
  void decide();
  Result<> inflate_some();
  bool has_output() const { return out_begin_ < out_end_; }
  /// True where the next step does not touch the inner source.
  bool can_step() const { return inflater_ && ((*inflater_)->avail_in > 0 || output_pending_); }
  /// True where read has its answer.
  bool settled() const { return has_output() || finished_ || error_.has_value(); }
  bool passes_through() const { return form_ == Form::plain && !settled(); }

  std::unique_ptr<Source> inner_;
  std::vector<char> in_;
  std::vector<char> out_;  ///< used for gzip only; plain bytes are served from in_
  char* out_begin_ = nullptr;
  char* out_end_ = nullptr;
  std::size_t held_ = 0;  ///< bytes in in_ while undecided
  Form form_ = Form::undecided;
  std::optional<Inflater> inflater_;
  bool in_member_ = false;
  bool output_pending_ = false;  ///< the decoder may hold more than the last buffer took
  bool input_ended_ = false;
  bool finished_ = false;
  std::uint64_t input_bytes_ = 0;  ///< read from the inner source
  std::optional<Error> error_;
};

Result<std::size_t> DecompressedSource::read(std::span<char> into) {
  if (passes_through()) return inner_->read(into);
  while (!settled())
    if (auto stepped = step(); !stepped) error_ = std::move(stepped).error();
  if (has_output()) {
    const std::size_t size = std::min(into.size(), static_cast<std::size_t>(out_end_ - out_begin_));
    std::memcpy(into.data(), out_begin_, size);
    out_begin_ += size;
    return size;
  }
  if (error_) return tl::unexpected(*error_);
  return std::size_t{0};
}

bool DecompressedSource::ready() {
  if (passes_through()) return inner_->ready();
  while (!settled() && (can_step() || inner_->ready()))
    if (auto stepped = step(); !stepped) error_ = std::move(stepped).error();
  return settled();
}

Result<> DecompressedSource::step() {
  if (!can_step()) DISPATCH_TRY(take_input());
  if (form_ == Form::undecided) decide();
  if (form_ == Form::gzip) return inflate_some();
  return {};
}

Result<> DecompressedSource::take_input() {
  const auto got = inner_->read(std::span{in_}.subspan(held_));
  if (!got) return tl::unexpected(got.error());
  input_ended_ = *got == 0;
  input_bytes_ += *got;
  if (form_ == Form::undecided) {
    held_ += *got;
  } else {
    (*inflater_)->next_in = reinterpret_cast<Bytef*>(in_.data());
    (*inflater_)->avail_in = static_cast<uInt>(*got);
  }
  return {};
}

void DecompressedSource::decide() {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
  const bool may_be_gzip = held_ > 0 && byte(0) == magic_first && (held_ == 1 || byte(1) == magic_second);
  if (may_be_gzip && held_ == 1 && !input_ended_) return;
  if (!may_be_gzip || held_ == 1) {
    form_ = Form::plain;
    out_begin_ = in_.data();
    out_end_ = in_.data() + held_;
    finished_ = input_ended_;
    held_ = 0;
    return;
  }
  form_ = Form::gzip;
  out_.resize(buffer_size);
  inflater_.emplace();
  in_member_ = true;
  (*inflater_)->next_in = reinterpret_cast<Bytef*>(in_.data());
  (*inflater_)->avail_in = static_cast<uInt>(held_);
  held_ = 0;
}

Result<> DecompressedSource::inflate_some() {
  z_stream& stream = **inflater_;
  if (stream.avail_in == 0 && !output_pending_ && input_ended_) {
    if (in_member_)
      return fail(
          "{} is truncated: the gzip data ends at byte {} before it is complete; fetch the file again",
          name(), input_bytes_);
    finished_ = true;
    return {};
  }
  if (!in_member_) {
    inflateReset(&stream);
    in_member_ = true;
  }
  stream.next_out = reinterpret_cast<Bytef*>(out_.data());
  stream.avail_out = static_cast<uInt>(out_.size());
  const int verdict = inflate(&stream, Z_NO_FLUSH);
  out_begin_ = out_.data();
  out_end_ = out_.data() + (out_.size() - stream.avail_out);
  output_pending_ = verdict == Z_OK && stream.avail_out == 0;
  if (verdict == Z_STREAM_END)
    in_member_ = false;
  else if (verdict != Z_OK && verdict != Z_BUF_ERROR)
    return fail("{} is corrupt: the gzip data is wrong near byte {} ({}); fetch the file again", name(),
                input_bytes_ - stream.avail_in, stream.msg != nullptr ? stream.msg : zError(verdict));
  return {};
}

}  // namespace

std::unique_ptr<Source> decompressed(std::unique_ptr<Source> inner) {
  return std::make_unique<DecompressedSource>(std::move(inner));
}

}  // namespace dispatch::ingest
