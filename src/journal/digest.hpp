#pragma once

#include "event/arrival.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// What makes two arrivals of one event id the same event: 64 bits over the content as it was given: the id,
/// the entity or its absence, type, source, time, correlation and causation id, headers, the line's own url,
/// and the payload. The sequence number is left out, as a line without one matches the stored one with any;
/// the routes are left out, as they are configuration. An absent text counts as an empty one.
///
/// The length and the XXH3 (64 bits) of each text in this order, little-endian, and XXH3 again over these.
/// Stored as events.digest: the result for a given content never changes. Not a defence against forgery: a
/// caller that needs certainty compares the bytes when digests are equal.
std::int64_t content_digest(const Arrival& arrival);

/// The names, as lines spell them, of the fields in which an arrival is not the same event as the stored one
/// of its id. A sequence number counts where both have one.
std::vector<std::string_view> differing_fields(const Arrival& stored, const Arrival& arrival);

}  // namespace dispatch::journal
