#pragma once

#include "event/arrival.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// Hashes the content of an event to 64 bits. Two arrivals with one event id are the same event if their
/// digests are equal. The content is, as given: id, entity or its absence, type, source, time, correlation
/// and causation id, headers, the line's own URL, and payload. An absent text counts as an empty one. The
/// sequence number is left out, because a line without one matches any stored number. The routes are left
/// out, because they are configuration.
///
/// Algorithm: take the length and the XXH3 (64 bits) of each text in this order, little-endian, and hash
/// these with XXH3 again. The digest is stored as events.digest, so the result for a given content never
/// changes. It does not protect against forgery: a caller that needs certainty compares the bytes when
/// digests are equal.
std::int64_t content_digest(const Arrival& arrival);

/// The digest that the arrival brings with it, else content_digest().
inline std::int64_t digest_of(const Arrival& arrival) {
  return arrival.digest ? *arrival.digest : content_digest(arrival);
}

/// Returns the fields, by their names in an input line, in which an arrival differs from the stored event of
/// the same id. Sequence numbers are compared only if both have one.
std::vector<std::string_view> differing_fields(const Arrival& stored, const Arrival& arrival);

}  // namespace dispatch::journal
