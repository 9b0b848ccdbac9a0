#include "ingest/source/compression/zstd_decoder.hpp"

#include <new>

#include <zstd_errors.h>

namespace dispatch::ingest {
namespace {

constexpr int window_log_most = 27;
static_assert(std::size_t{1} << window_log_most == decoder_memory_most);

}  // namespace

ZstdDecoder::ZstdDecoder() : stream_(ZSTD_createDStream()) {
  if (!stream_) throw std::bad_alloc{};
  ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log_most);
}

void ZstdDecoder::restart() {
  ZSTD_DCtx_reset(stream_.get(), ZSTD_reset_session_only);
}

tl::expected<Decoder::Step, Decoder::Trouble> ZstdDecoder::step(std::span<const char> in,
                                                                std::span<char> out) {
  ZSTD_inBuffer from{in.data(), in.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  const std::size_t verdict = ZSTD_decompressStream(stream_.get(), &to, &from);
  if (ZSTD_isError(verdict) != 0) {
    const auto code = ZSTD_getErrorCode(verdict);
    if (code == ZSTD_error_memory_allocation) throw std::bad_alloc{};
    return tl::unexpected(Trouble{code == ZSTD_error_frameParameter_windowTooLarge
                                      ? Trouble::Kind::too_much_memory
                                      : Trouble::Kind::corrupt,
                                  ZSTD_getErrorName(verdict), from.pos, to.pos});
  }
  return Step{from.pos, to.pos, verdict == 0};
}

}  // namespace dispatch::ingest
