#include "journal/digest.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>

#include <xxhash.h>

namespace dispatch::journal {

namespace {

// A length that no text has, so that no entity and an empty one differ.
constexpr std::uint64_t absent = ~std::uint64_t{0};

void put_little_endian(unsigned char* into, std::uint64_t number) {
  for (int i = 0; i < 8; ++i) into[i] = static_cast<unsigned char>(number >> (8 * i));
}

}  // namespace

std::int64_t content_digest(const Arrival& arrival) {
  const std::array texts{arrival.event_id,     arrival.entity_id.value_or(std::string_view{}),
                         arrival.type,         arrival.source,
                         arrival.time,         arrival.correlation_id,
                         arrival.causation_id, arrival.headers,
                         arrival.own_url,      arrival.payload};
  constexpr std::size_t entity = 1;

  std::array<unsigned char, texts.size() * 16> parts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const bool none = i == entity && !arrival.entity_id;
    put_little_endian(&parts[i * 16], none ? absent : texts[i].size());
    put_little_endian(&parts[i * 16 + 8], XXH3_64bits(texts[i].data(), texts[i].size()));
  }
  return std::bit_cast<std::int64_t>(XXH3_64bits(parts.data(), parts.size()));
}

std::vector<std::string_view> differing_fields(const Arrival& stored, const Arrival& arrival) {
  std::vector<std::string_view> names;
  const auto compare = [&names](std::string_view name, const auto& a, const auto& b) {
    if (a != b) names.push_back(name);
  };
  compare("entity_id", stored.entity_id, arrival.entity_id);
  if (stored.sequence && arrival.sequence) compare("sequence_number", stored.sequence, arrival.sequence);
  compare("type", stored.type, arrival.type);
  compare("source", stored.source, arrival.source);
  compare("time", stored.time, arrival.time);
  compare("correlation_id", stored.correlation_id, arrival.correlation_id);
  compare("causation_id", stored.causation_id, arrival.causation_id);
  compare("headers", stored.headers, arrival.headers);
  compare("url", stored.own_url, arrival.own_url);
  compare("payload", stored.payload, arrival.payload);
  return names;
}

}  // namespace dispatch::journal
