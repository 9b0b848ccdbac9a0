#include "ingest/source/compression/bzip2_decoder.hpp"

#include <new>

namespace dispatch::ingest {

Bzip2Decoder::Bzip2Decoder() {
  begin();
}

Bzip2Decoder::~Bzip2Decoder() {
  BZ2_bzDecompressEnd(&stream_);
}

void Bzip2Decoder::begin() {
  constexpr int quiet = 0, fast = 0;
  stream_ = {};
  if (BZ2_bzDecompressInit(&stream_, quiet, fast) != BZ_OK) throw std::bad_alloc{};
}

void Bzip2Decoder::restart() {
  BZ2_bzDecompressEnd(&stream_);
  begin();
}

tl::expected<Decoder::Step, Decoder::Trouble> Bzip2Decoder::step(std::span<const char> in,
                                                                 std::span<char> out) {
  // libbz2 does not write to its input; its interface is older than const.
  stream_.next_in = const_cast<char*>(in.data());
  stream_.avail_in = static_cast<unsigned>(in.size());
  stream_.next_out = out.data();
  stream_.avail_out = static_cast<unsigned>(out.size());
  const int verdict = BZ2_bzDecompress(&stream_);
  if (verdict == BZ_MEM_ERROR) throw std::bad_alloc{};
  if (verdict != BZ_OK && verdict != BZ_STREAM_END)
    return tl::unexpected(Trouble{
        Trouble::Kind::corrupt,
        verdict == BZ_DATA_ERROR_MAGIC ? "it does not begin like bzip2" : "a block or its checksum is wrong",
        in.size() - stream_.avail_in, out.size() - stream_.avail_out});
  return Step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, verdict == BZ_STREAM_END};
}

}  // namespace dispatch::ingest
