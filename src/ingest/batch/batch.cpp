#include "ingest/batch/batch.hpp"

#include <fmt/format.h>

namespace dispatch::ingest {

std::string describe(const Reject& reject) {
  return fmt::format("{}: {}", describe(reject.origin), reject.reason);
}

std::string describe(const UnreadInput& input) {
  const auto name = shown_name(input.file);
  if (input.after_line == 0) return fmt::format("{} was not read: {}", name, input.why);
  return fmt::format("{} was not read after line {}{}: {}", name, input.after_line,
                     input.after_element > 0 ? fmt::format(", element {}", input.after_element) : "",
                     input.why);
}

}  // namespace dispatch::ingest
