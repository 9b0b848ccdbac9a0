#include "ingest/source/compression/gzip_decoder.hpp"

#include <new>

namespace dispatch::ingest {

GzipDecoder::GzipDecoder() {
  constexpr int gzip_only = 16;
  if (inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc{};
}

GzipDecoder::~GzipDecoder() {
  inflateEnd(&stream_);
}

void GzipDecoder::restart() {
  inflateReset(&stream_);
}

tl::expected<Decoder::Step, Decoder::Trouble> GzipDecoder::step(std::span<const char> in,
                                                                std::span<char> out) {
  // zlib does not write to its input; its interface is older than const.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream_.avail_in = static_cast<uInt>(in.size());
  stream_.next_out = reinterpret_cast<Bytef*>(out.data());
  stream_.avail_out = static_cast<uInt>(out.size());
  const int verdict = inflate(&stream_, Z_NO_FLUSH);
  if (verdict == Z_MEM_ERROR) throw std::bad_alloc{};
  if (verdict != Z_OK && verdict != Z_BUF_ERROR && verdict != Z_STREAM_END)
    return tl::unexpected(Trouble{Trouble::Kind::corrupt,
                                  stream_.msg != nullptr ? stream_.msg : zError(verdict),
                                  in.size() - stream_.avail_in, out.size() - stream_.avail_out});
  return Step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, verdict == Z_STREAM_END};
}

}  // namespace dispatch::ingest
