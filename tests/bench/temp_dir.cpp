#include "bench/temp_dir.hpp"

#include "support/disk/new_directory.hpp"

#include <system_error>

namespace dispatch::bench {

TempDir::TempDir(const std::filesystem::path& parent)
    : path_(test::new_directory(parent, "dispatch-bench")) {}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace dispatch::bench
