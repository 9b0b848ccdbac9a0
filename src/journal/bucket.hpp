#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

namespace dispatch::journal {

/// Number of buckets into which hosts are divided; fixed for the whole life of a journal. A bucket has one
/// owner at a time, so that one process enforces the limits of a host.
inline constexpr std::size_t bucket_count = 256;

/// A set of buckets, indexed by bucket number.
using Buckets = std::bitset<bucket_count>;

/// Returns the bucket number of a host: XXH3 (64 bits) of its name as the destination has it, modulo
/// bucket_count. The number is stored, so the result for a given name never changes.
std::size_t bucket_of(std::string_view host);

}  // namespace dispatch::journal
