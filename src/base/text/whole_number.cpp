#include "base/text/whole_number.hpp"

#include <charconv>
#include <system_error>

namespace dispatch {

Result<std::uint64_t> WholeNumber::operator()(std::string_view text) const {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < least || number > most)
    return misuse("'{}' is not a whole number from {} to {}", text, least, most);
  return number;
}

}  // namespace dispatch
