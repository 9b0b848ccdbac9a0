#include "ingest/source/compression/xz_decoder.hpp"

#include <new>

namespace dispatch::ingest {
namespace {

std::string reason_for(lzma_ret verdict) {
  switch (verdict) {
    case LZMA_FORMAT_ERROR:
      return "it does not begin like xz";
    case LZMA_OPTIONS_ERROR:
      return "it uses options that this version of liblzma does not know";
    case LZMA_MEMLIMIT_ERROR:
      return "its dictionary is too large";
    default:
      return "a block or its checksum is wrong";
  }
}

}  // namespace

XzDecoder::XzDecoder() {
  restart();
}

XzDecoder::~XzDecoder() {
  lzma_end(&stream_);
}

void XzDecoder::restart() {
  constexpr std::uint32_t no_flags = 0;
  if (lzma_stream_decoder(&stream_, decoder_memory_most, no_flags) != LZMA_OK) throw std::bad_alloc{};
}

tl::expected<Decoder::Step, Decoder::Trouble> XzDecoder::step(std::span<const char> in, std::span<char> out) {
  stream_.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
  stream_.avail_in = in.size();
  stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream_.avail_out = out.size();
  const lzma_ret verdict = lzma_code(&stream_, LZMA_RUN);
  if (verdict == LZMA_MEM_ERROR) throw std::bad_alloc{};
  if (verdict != LZMA_OK && verdict != LZMA_BUF_ERROR && verdict != LZMA_STREAM_END)
    return tl::unexpected(
        Trouble{verdict == LZMA_MEMLIMIT_ERROR ? Trouble::Kind::too_much_memory : Trouble::Kind::corrupt,
                reason_for(verdict), in.size() - stream_.avail_in, out.size() - stream_.avail_out});
  return Step{in.size() - stream_.avail_in, out.size() - stream_.avail_out, verdict == LZMA_STREAM_END};
}

}  // namespace dispatch::ingest
