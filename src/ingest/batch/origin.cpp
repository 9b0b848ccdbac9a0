#include "ingest/batch/origin.hpp"

#include <tuple>

#include <fmt/format.h>

namespace dispatch::ingest {

std::string describe(const Origin& origin) {
  const auto name = shown_name(origin.name());
  const auto element = origin.element > 0 ? fmt::format(", element {}", origin.element) : std::string{};
  switch (origin.from->counts) {
    case InputName::Counts::lines:
      break;
    case InputName::Counts::messages:
      return fmt::format("{}@{}{}", name, origin.number, element);
    case InputName::Counts::requests:
      return fmt::format("{}, request {}{}", name, origin.number, element);
  }
  return fmt::format("{}, line {}{}", name, origin.number, element);
}

std::string_view shown_name(std::string_view name) {
  return name == "-" ? "standard input" : name;
}

bool stands_before(const Origin& a, const Origin& b) {
  return std::tie(a.input, a.input_number, a.element) < std::tie(b.input, b.input_number, b.element);
}

}  // namespace dispatch::ingest
