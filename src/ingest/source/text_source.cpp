#include "ingest/source/text_source.hpp"

#include "ingest/source/compression/compression.hpp"
#include "ingest/source/compression/decompressed_source.hpp"
#include "ingest/source/stoppable_source.hpp"
#include "ingest/source/utf16_source.hpp"

#include <utility>

namespace dispatch::ingest {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view utf16_decoder = "iconv -f UTF-16 -t UTF-8";

Match begins_big_endian(std::string_view begin) {
  return match(begin, "\xFE\xFF");
}

/// UTF-32, which is not read, begins with the same mark and two zero bytes.
Match begins_little_endian(std::string_view begin) {
  const Match mark = match(begin, "\xFF\xFE");
  if (mark != Match::yes) return mark;
  switch (match(begin, "\xFF\xFE\0\0"sv)) {
    case Match::yes:
      return Match::no;
    case Match::open:
      return Match::open;
    case Match::no:
      break;
  }
  return Match::yes;
}

std::unique_ptr<Lookahead> look_ahead(std::unique_ptr<Source> source, const std::stop_token& stop) {
  return std::make_unique<Lookahead>(std::make_unique<StoppableSource>(std::move(source), stop));
}

}  // namespace

TextSource::TextSource(std::unique_ptr<Source> inner, Warn warn, std::stop_token stop)
    : source_(look_ahead(std::move(inner), stop)), warn_(std::move(warn)), stop_(std::move(stop)) {}

Result<std::size_t> TextSource::read(std::span<char> into) {
  settle();
  while (!settled_) {
    DISPATCH_TRY(source_->look_further());
    settle();
  }
  return source_->read(into);
}

bool TextSource::ready() {
  settle();
  while (!settled_ && source_->ready_further()) {
    if (!source_->look_further()) return true;  // read finds the error again
    settle();
  }
  return settled_ && source_->ready();
}

void TextSource::settle() {
  while (!settled_) {
    const Layer layer = take_layer();
    if (layer == Layer::undecided) return;
    settled_ = layer == Layer::none;
  }
}

TextSource::Layer TextSource::take_layer() {
  const auto begin = source_->seen();
  if (begin.empty()) return source_->ended() ? Layer::none : Layer::undecided;
  bool open = false;
  const auto decode_utf16 = [this](ByteOrder order) {
    source_ = look_ahead(std::make_unique<Utf16Source>(std::move(source_), order), stop_);
    commands_.push_back(utf16_decoder);
    settled_ = true;
    return Layer::none;
  };
  if (commands_.size() < layers_most) {
    for (const auto& compression : compressions()) {
      const Match begins = compression.begins(begin);
      open = open || begins == Match::open;
      if (begins != Match::yes) continue;
      source_ =
          look_ahead(std::make_unique<DecompressedSource>(std::move(source_), compression, warn_), stop_);
      commands_.push_back(compression.decompressor);
      return Layer::taken;
    }
  }
  if (begins_big_endian(begin) == Match::yes) return decode_utf16(ByteOrder::big_endian);
  const bool only_mark = source_->ended() && begin.size() >= 2;
  const Match little_endian = begins_little_endian(begin);
  if (little_endian == Match::yes || (little_endian == Match::open && only_mark))
    return decode_utf16(ByteOrder::little_endian);
  open = open || little_endian == Match::open || begins_big_endian(begin) == Match::open;
  return open && !source_->ended() ? Layer::undecided : Layer::none;
}

}  // namespace dispatch::ingest
