#include "support/compress.hpp"

#include <cstdint>
#include <cstdlib>
#include <new>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace dispatch::test {
namespace {

void require(bool made) {
  if (!made) throw std::bad_alloc{};
}

std::string gzip(std::string_view text) {
  constexpr int level = 6, gzip_only = 16, memory = 8;
  z_stream stream{};
  require(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + gzip_only, memory, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  constexpr std::size_t header_and_trailer = 64;
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + header_and_trailer, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int verdict = deflate(&stream, Z_FINISH);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  require(verdict == Z_STREAM_END);
  return out;
}

std::string zstd(std::string_view text) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  require(context != nullptr);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  ZSTD_freeCCtx(context);
  require(ZSTD_isError(size) == 0);
  out.resize(size);
  return out;
}

std::string bzip2(std::string_view text) {
  constexpr int block = 1, quiet = 0, usual_work = 0;
  constexpr std::size_t overhead = 1024;
  std::string out(text.size() + text.size() / 50 + overhead, '\0');
  auto size = static_cast<unsigned>(out.size());
  require(BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                   static_cast<unsigned>(text.size()), block, quiet, usual_work) == BZ_OK);
  out.resize(size);
  return out;
}

std::string xz(std::string_view text) {
  constexpr std::uint32_t preset = 0;
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  require(lzma_easy_buffer_encode(preset, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                  reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()) == LZMA_OK);
  out.resize(size);
  return out;
}

/// The code points of well-formed UTF-8.
std::u32string code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i)
      point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    points += point;
    at += length;
  }
  return points;
}

template <class Append>
std::string utf16(std::string_view text, Append append) {
  std::string out;
  append(out, 0xFEFFU);
  for (const char32_t point : code_points(text)) {
    if (point < 0x10000) {
      append(out, static_cast<unsigned>(point));
    } else {
      append(out, 0xD800U + static_cast<unsigned>((point - 0x10000) >> 10));
      append(out, 0xDC00U + static_cast<unsigned>((point - 0x10000) & 0x3FF));
    }
  }
  return out;
}

}  // namespace

std::string_view name_of(Codec codec) {
  switch (codec) {
    case Codec::gzip:
      return "gzip";
    case Codec::zstd:
      return "zstd";
    case Codec::bzip2:
      return "bzip2";
    case Codec::xz:
      return "xz";
  }
  std::abort();
}

std::string compress(Codec codec, std::string_view text) {
  switch (codec) {
    case Codec::gzip:
      return gzip(text);
    case Codec::zstd:
      return zstd(text);
    case Codec::bzip2:
      return bzip2(text);
    case Codec::xz:
      return xz(text);
  }
  std::abort();
}

std::string utf16_little_endian(std::string_view text) {
  return utf16(text, [](std::string& out, unsigned unit) {
    out += static_cast<char>(unit & 0xFF);
    out += static_cast<char>(unit >> 8);
  });
}

std::string utf16_big_endian(std::string_view text) {
  return utf16(text, [](std::string& out, unsigned unit) {
    out += static_cast<char>(unit >> 8);
    out += static_cast<char>(unit & 0xFF);
  });
}

}  // namespace dispatch::test
