#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

namespace dispatch::journal {

/// Hosts are divided into so many buckets, for the whole life of a journal. A bucket has one owner at a time,
/// so that the limits of a host stay with one process.
inline constexpr std::size_t bucket_count = 256;

/// Buckets by number.
using Buckets = std::bitset<bucket_count>;

/// The number of a host's bucket: XXH3 (64 bits) of its name, as it stands in a destination, modulo
/// bucket_count. Stored: the result for a given name never changes.
std::size_t bucket_of(std::string_view host);

}  // namespace dispatch::journal
