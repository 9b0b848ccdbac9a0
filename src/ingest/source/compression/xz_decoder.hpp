#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <lzma.h>

namespace dispatch::ingest {

/// xz, by liblzma. Each stream is a member; the caller handles what is between streams.
class XzDecoder final : public Decoder {
 public:
  XzDecoder();
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  ~XzDecoder() override;

  tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) override;
  void restart() override;

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace dispatch::ingest
