#pragma once

#include <array>
#include <string>
#include <string_view>

namespace dispatch::test {

enum class Codec { gzip, zstd, bzip2, xz };

inline constexpr std::array codecs{Codec::gzip, Codec::zstd, Codec::bzip2, Codec::xz};

/// As people write it.
std::string_view name_of(Codec codec);

/// `text` as one member of the format, with a checksum, compressed quickly.
std::string compress(Codec codec, std::string_view text);

/// `text`, which is UTF-8, as UTF-16 with a byte-order mark.
std::string utf16_little_endian(std::string_view text);
std::string utf16_big_endian(std::string_view text);

}  // namespace dispatch::test
