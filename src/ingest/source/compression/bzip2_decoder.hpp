#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <bzlib.h>

namespace dispatch::ingest {

/// bzip2, by libbz2.
class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder();
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;
  ~Bzip2Decoder() override;

  tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) override;
  void restart() override;

 private:
  void begin();

  bz_stream stream_{};
};

}  // namespace dispatch::ingest
