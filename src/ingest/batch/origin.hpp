#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// What an input is called, and what its numbers count.
struct InputName {
  enum class Counts : std::uint8_t {
    lines,     ///< of a file or of standard input, from 1
    messages,  ///< of a partition of a topic, by offset, from 0
    requests,  ///< to an API, from 1
  };
  std::string shown;     ///< as it was given: the path of a file, "-" for standard input, "orders[3]"
  std::string recorded;  ///< what the journal calls it: see input_name(); empty: not to be recorded
  Counts counts = Counts::lines;
};

/// Where an event came from; of a record of a rejects file, where the line came from that it keeps.
struct Origin {
  std::shared_ptr<const InputName> from;
  std::uint64_t number = 0;  ///< its line, offset or request: InputName::Counts
  std::string_view text;     ///< the whole text of the event, as it came; borrowed from the batch
  /// Of an array whose elements are read as events: which one it is, from 1; else 0. Its line is that on
  /// which it begins.
  std::uint64_t element = 0;
  std::uint32_t input = 0;         ///< which of Batch::inputs it was read from
  std::uint64_t input_number = 0;  ///< its number there

  const std::string& name() const { return from->shown; }
};

/// "events.jsonl, line 17, element 2", "orders[3]@42" or "api, request 7", for people.
std::string describe(const Origin& origin);

/// What people read for the name of an input: "standard input" for "-".
std::string_view shown_name(std::string_view name);

/// True where `a` was read before `b`. Both are of one source.
bool stands_before(const Origin& a, const Origin& b);

}  // namespace dispatch::ingest
