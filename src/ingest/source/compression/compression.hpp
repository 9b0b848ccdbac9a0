#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace dispatch::ingest {

/// Whether bytes begin with the wanted ones.
enum class Match {
  no,
  open,  ///< more bytes are needed to decide
  yes,
};

/// Match::yes if `bytes` begin with `magic`.
Match match(std::string_view bytes, std::string_view magic);

/// A compressed format that is decompressed automatically.
struct Compression {
  std::string_view name;          ///< as people write it: "gzip"
  std::string_view decompressor;  ///< a command that decompresses to its output: "gzip -dc"
  std::unique_ptr<Decoder> (*decoder)();
  Match (*begins)(std::string_view bytes);  ///< yes if `bytes` begin with a member
};

/// gzip, zstd, bzip2, xz.
std::span<const Compression> compressions();

}  // namespace dispatch::ingest
