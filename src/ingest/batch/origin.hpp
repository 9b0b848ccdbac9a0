#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// The name of an input, and what its numbers count.
struct InputName {
  enum class Counts : std::uint8_t {
    lines,     ///< lines of a file or of standard input, from 1
    messages,  ///< messages of a topic's partition, by offset, from 0
    requests,  ///< requests to an API, from 1
  };
  std::string shown;     ///< as given: the path of a file, "-" for standard input, "orders[3]"
  std::string recorded;  ///< the name in the journal, see input_name(); empty: not recorded
  Counts counts = Counts::lines;
};

/// Where an event came from. For a record of a rejects file: where the line in the record came from.
struct Origin {
  std::shared_ptr<const InputName> from;
  std::uint64_t number = 0;  ///< its line, offset or request, see InputName::Counts
  std::string_view text;     ///< the complete text of the event, as it came; borrowed from the batch
  /// For an element of an array: its index, from 1; otherwise 0. `number` is then the line on which it
  /// begins.
  std::uint64_t element = 0;
  std::uint32_t input = 0;         ///< index in Batch::inputs
  std::uint64_t input_number = 0;  ///< its number in that input

  const std::string& name() const { return from->shown; }
};

/// "events.jsonl, line 17, element 2", "orders[3]@42" or "api, request 7", for people.
std::string describe(const Origin& origin);

/// The name of an input for people: "standard input" for "-".
std::string_view shown_name(std::string_view name);

/// True where `a` was read before `b`. Both are of one source.
bool stands_before(const Origin& a, const Origin& b);

}  // namespace dispatch::ingest
