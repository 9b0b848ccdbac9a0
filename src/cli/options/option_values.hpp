#pragma once

#include "base/error.hpp"
#include "base/text/units.hpp"
#include "cli/options/command.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace dispatch::cli {

/// Adds an option whose text is parsed by `parse`, a function from text to Result<T>; its error becomes the
/// usage error. `into` keeps its value if the option is not given.
template <class T, class Parse>
Option add_value(Command command, const std::string& name, T& into, Parse parse, const std::string& help) {
  return command.add_text_option(
      name,
      [&into, parse](const std::string& text) -> Result<> {
        DISPATCH_ASSIGN(auto value, parse(text));
        into = static_cast<T>(std::move(value));
        return {};
      },
      help);
}

/// Lets an environment variable give the option: DISPATCH_ and its long name, such as DISPATCH_PER_HOST.
/// Returns the option.
Option from_environment(Option option);

/// Parses a share: "10%" or "0.1" gives 0.1. From 0 to 100 %.
Result<double> parse_share(std::string_view text);

/// A duration from 2s to 24h.
Result<std::chrono::milliseconds> parse_connection_lifetime(std::string_view text);

/// "1s..60s": the first wait and the longest. A single duration is both.
struct DurationRange {
  std::chrono::microseconds first;
  std::chrono::microseconds most;
};
Result<DurationRange> parse_duration_range(std::string_view text);

}  // namespace dispatch::cli
