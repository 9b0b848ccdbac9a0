#include "ingest/source/compression/compression.hpp"

#include "ingest/source/compression/bzip2_decoder.hpp"
#include "ingest/source/compression/gzip_decoder.hpp"
#include "ingest/source/compression/xz_decoder.hpp"
#include "ingest/source/compression/zstd_decoder.hpp"

#include <algorithm>
#include <array>

namespace dispatch::ingest {
namespace {

using std::string_view_literals::operator""sv;

template <class Made>
std::unique_ptr<Decoder> make() {
  return std::make_unique<Made>();
}

Match begins_gzip(std::string_view bytes) {
  return match(bytes, "\x1F\x8B");
}

/// A frame, or one that is to be skipped: that begins with one of sixteen numbers (RFC 8878, 3.1).
Match begins_zstd(std::string_view bytes) {
  const bool may_be_skippable = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0xF0) == 0x50;
  return may_be_skippable ? match(bytes.substr(1), "\x2A\x4D\x18") : match(bytes, "\x28\xB5\x2F\xFD");
}

/// "BZh", the size of a block as a digit, and the digits of pi, which begin a block, or those of its square
/// root, which end a stream.
Match begins_bzip2(std::string_view bytes) {
  constexpr auto mark = "BZh"sv;
  if (bytes.size() <= mark.size()) return match(bytes, mark) == Match::no ? Match::no : Match::open;
  const char size = bytes[mark.size()];
  if (!bytes.starts_with(mark) || size < '1' || size > '9') return Match::no;
  const auto block = bytes.substr(mark.size() + 1);
  return std::max(match(block, "\x31\x41\x59\x26\x53\x59"), match(block, "\x17\x72\x45\x38\x50\x90"));
}

Match begins_xz(std::string_view bytes) {
  return match(bytes, "\xFD\x37zXZ\0"sv);
}

}  // namespace

Match match(std::string_view bytes, std::string_view magic) {
  if (bytes.starts_with(magic)) return Match::yes;
  return magic.starts_with(bytes) ? Match::open : Match::no;
}

std::span<const Compression> compressions() {
  static constexpr std::array<Compression, 4> all{{{"gzip", "gzip -dc", make<GzipDecoder>, begins_gzip},
                                                   {"zstd", "zstd -dc", make<ZstdDecoder>, begins_zstd},
                                                   {"bzip2", "bzip2 -dc", make<Bzip2Decoder>, begins_bzip2},
                                                   {"xz", "xz -dc", make<XzDecoder>, begins_xz}}};
  return all;
}

}  // namespace dispatch::ingest
