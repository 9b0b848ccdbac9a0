#pragma once

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

namespace dispatch::test {

/// Makes a directory that nobody else has, below `parent`; its name begins with `name`. Throws
/// std::system_error.
inline std::filesystem::path new_directory(const std::filesystem::path& parent, std::string_view name) {
  std::string pattern = parent / name;
  pattern += "-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error{errno, std::generic_category(), "cannot make a directory in " + parent.string()};
  return pattern;
}

}  // namespace dispatch::test
