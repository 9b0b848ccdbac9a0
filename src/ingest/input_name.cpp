#include "ingest/input_name.hpp"

#include <filesystem>

namespace dispatch::ingest {

std::string input_name(const std::string& path) {
  if (path == "-") return path;
  std::error_code unknown;
  const auto absolute = std::filesystem::absolute(path, unknown);
  return unknown ? path : absolute.lexically_normal().string();
}

}  // namespace dispatch::ingest
