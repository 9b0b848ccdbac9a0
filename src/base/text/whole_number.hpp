#pragma once

#include "base/error.hpp"
#include "base/text/whole_number.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch {

/// A whole number within [least, most].
struct WholeNumber {
  std::uint64_t least;
  std::uint64_t most;
  Result<std::uint64_t> operator()(std::string_view text) const;
};

}  // namespace dispatch
