#pragma once

#include "ingest/source.hpp"

#include <memory>

namespace dispatch::ingest {

/// `inner` as it is, or decompressed where its first two bytes are those of gzip (RFC 1952). Several gzip
/// members one behind the other are one text. Compressed data that is corrupt, or ends before its end, is an
/// error that names the byte. Memory does not depend on the size of either form.
std::unique_ptr<Source> decompressed(std::unique_ptr<Source> inner);

}  // namespace dispatch::ingest
