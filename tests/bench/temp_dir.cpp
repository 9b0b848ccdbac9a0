#include "bench/temp_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace dispatch::bench {

TempDir::TempDir(const std::filesystem::path& parent) {
  std::string pattern = parent / "dispatch-bench-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::system_error{errno, std::generic_category(), "cannot make a directory in " + parent.string()};
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dispatch::bench
