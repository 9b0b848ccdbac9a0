#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::routing {

/// Which event types a subscription is sent. Three forms, and no others:
///
///     order.added   that type
///     order.*       every type below it, however deep: order.added, order.item.added; not order itself
///     *             every type, and events without one
class Pattern {
 public:
  enum class Kind { exact, below, all };

  /// A pattern has 1 to 1,024 bytes of UTF-8 without control characters, and its star stands alone or behind
  /// the last dot. Anything else is misuse, with a message that quotes it.
  static Result<Pattern> parse(std::string_view text);

  Kind kind() const { return kind_; }
  /// exact: the type; below: what the types begin with, the dot included; all: empty.
  const std::string& stem() const { return stem_; }

  /// Case counts. `type` is empty where the event has none.
  bool matches(std::string_view type) const;

 private:
  Pattern(Kind kind, std::string_view stem) : kind_(kind), stem_(stem) {}

  Kind kind_;
  std::string stem_;
};

}  // namespace dispatch::routing
