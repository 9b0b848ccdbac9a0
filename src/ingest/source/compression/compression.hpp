#pragma once

#include "ingest/source/compression/decoder.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace dispatch::ingest {

/// The answer to whether bytes begin with what is looked for.
enum class Match {
  no,
  open,  ///< what follows them decides
  yes,
};

/// Returns Match::yes where `bytes` begin with `magic`.
Match match(std::string_view bytes, std::string_view magic);

/// A compressed format that is read as what is in it.
struct Compression {
  std::string_view name;          ///< as people write it: "gzip"
  std::string_view decompressor;  ///< the command that writes what is in it to its output: "gzip -dc"
  std::unique_ptr<Decoder> (*decoder)();
  Match (*begins)(std::string_view bytes);  ///< yes where `bytes` begin with a member
};

/// gzip, zstd, bzip2, xz.
std::span<const Compression> compressions();

}  // namespace dispatch::ingest
