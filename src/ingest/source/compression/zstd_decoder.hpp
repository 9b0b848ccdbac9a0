#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <memory>

#include <zstd.h>

namespace dispatch::ingest {

/// Zstandard (RFC 8878), by libzstd. A skippable frame is an empty member.
class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder();

  tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) override;
  void restart() override;

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_;
};

}  // namespace dispatch::ingest
