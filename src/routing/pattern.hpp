#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::routing {

/// Selects event types. There are exactly three forms:
///
///     order.added   this type
///     order.*       every type below it, at any depth: order.added, order.item.added; not order itself
///     *             every type, and events without one
class Pattern {
 public:
  enum class Kind { exact, below, all };

  /// A pattern has 1 to 1,024 bytes of UTF-8 without control characters; a star is alone or behind the last
  /// dot. Anything else is misuse; the message quotes it.
  static Result<Pattern> parse(std::string_view text);

  Kind kind() const { return kind_; }
  /// exact: the type; below: the common prefix of the types, with the dot; all: empty.
  const std::string& stem() const { return stem_; }

  /// Case-sensitive. `type` is empty if the event has none.
  bool matches(std::string_view type) const;

 private:
  Pattern(Kind kind, std::string_view stem) : kind_(kind), stem_(stem) {}

  Kind kind_;
  std::string stem_;
};

}  // namespace dispatch::routing
