#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <zlib.h>

namespace dispatch::ingest {

/// gzip (RFC 1952), by zlib.
class GzipDecoder final : public Decoder {
 public:
  GzipDecoder();
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;
  ~GzipDecoder() override;

  tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) override;
  void restart() override;

 private:
  z_stream stream_{};
};

}  // namespace dispatch::ingest
