#include "ingest/source/compression/decompressed_source.hpp"

#include "base/text/shell_text.hpp"

#include <algorithm>
#include <cstring>

namespace dispatch::ingest {
namespace {

constexpr std::size_t buffer_size = std::size_t{64} * 1024;

}  // namespace

DecompressedSource::DecompressedSource(std::unique_ptr<Source> inner, const Compression& compression,
                                       Warn warn)
    : inner_(std::move(inner)),
      compression_(compression),
      warn_(std::move(warn)),
      decoder_(compression.decoder()),
      in_(buffer_size),
      out_(buffer_size) {}

Result<std::size_t> DecompressedSource::read(std::span<char> into) {
  while (!settled()) tidy_step();
  if (out_begin_ < out_end_) {
    const std::size_t size = std::min(into.size(), out_end_ - out_begin_);
    std::memcpy(into.data(), out_.data() + out_begin_, size);
    out_begin_ += size;
    return size;
  }
  if (error_) return tl::unexpected(*error_);
  return std::size_t{0};
}

bool DecompressedSource::ready() {
  while (!settled() && (!wants_input() || inner_->ready())) tidy_step();
  return settled();
}

void DecompressedSource::tidy_step() {
  if (auto stepped = step(); !stepped) error_ = std::move(stepped).error();
}

bool DecompressedSource::wants_input() const {
  return !input_ended_ && !output_pending_ && (input().empty() || more_needed_);
}

Result<> DecompressedSource::step() {
  if (wants_input()) DISPATCH_TRY(take_input());
  if (in_member_) return decode();
  look_behind_member();
  return {};
}

Result<> DecompressedSource::take_input() {
  const auto kept = input();
  std::memmove(in_.data(), kept.data(), kept.size());
  in_end_ = kept.size();
  in_begin_ = 0;
  const auto got = inner_->read(std::span{in_}.subspan(in_end_));
  if (!got) return tl::unexpected(got.error());
  input_ended_ = *got == 0;
  input_bytes_ += *got;
  in_end_ += *got;
  more_needed_ = false;
  return {};
}

Result<> DecompressedSource::decode() {
  if (input().empty() && !output_pending_) {
    if (!input_ended_) return {};
    return fail("{} is truncated: the {} data ends at byte {} before it is complete; fetch the file again",
                name(), compression_.name, input_bytes_);
  }
  const auto step = decoder_->step(input(), out_);
  if (!step) {
    out_begin_ = 0;
    out_end_ = step.error().made;
    return error_of(step.error());
  }
  const bool stuck = step->taken == 0 && step->made == 0 && !step->ended;
  if (stuck && !input().empty())
    return error_of({Decoder::Trouble::Kind::corrupt, "it makes no progress", 0, 0});
  in_begin_ += step->taken;
  out_begin_ = 0;
  out_end_ = step->made;
  output_pending_ = !step->ended && step->made == out_.size();
  in_member_ = !step->ended;
  return {};
}

void DecompressedSource::look_behind_member() {
  const auto rest = input();
  in_begin_ += std::min(rest.find_first_not_of('\0'), rest.size());
  const auto behind = input();
  if (behind.empty() && !input_ended_) return;
  const auto begins = behind.empty() ? Match::no : compression_.begins(behind);
  more_needed_ = begins == Match::open && !input_ended_;
  if (more_needed_) return;
  if (begins != Match::no) {
    decoder_->restart();
    in_member_ = true;
    return;
  }
  finished_ = true;
  if (!behind.empty())
    warn_(fmt::format("{}: the {} data ends at byte {}; the rest is neither {} nor padding and was not read",
                      name(), compression_.name, input_bytes_ - behind.size(), compression_.name));
}

tl::unexpected<Error> DecompressedSource::error_of(const Decoder::Trouble& trouble) const {
  constexpr std::size_t mebibyte = std::size_t{1024} * 1024;
  if (trouble.kind == Decoder::Trouble::Kind::too_much_memory)
    return fail(
        "{} needs more than {} MiB of memory to be decompressed ({}); decompress it first, as in: {} {} | "
        "dispatch run -",
        name(), decoder_memory_most / mebibyte, trouble.reason, compression_.decompressor,
        shell_word(name()));
  return fail("{} is corrupt: the {} data is wrong near byte {} ({}); fetch the file again", name(),
              compression_.name, input_bytes_ - input().size() + trouble.taken, trouble.reason);
}

}  // namespace dispatch::ingest
