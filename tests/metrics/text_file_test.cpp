#include "metrics/text_file.hpp"

#include "support/temp_dir.hpp"

#include <filesystem>
#include <iterator>

#include <doctest/doctest.h>

using namespace dispatch::metrics;
using namespace dispatch::test;

TEST_CASE("a file takes the place of the one before it and leaves nothing beside it") {
  const TempDir directory;
  const auto path = directory / "metrics.prom";
  REQUIRE(replace_file(path, "one\n"));
  CHECK(read_file(path) == "one\n");
  REQUIRE(replace_file(path, "another\n"));
  CHECK(read_file(path) == "another\n");
  const std::filesystem::directory_iterator entries{directory.path()};
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("a file that cannot be written says why and what was there stays") {
  const TempDir directory;
  const auto none = replace_file(directory / "none/metrics.prom", "x");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("No such file or directory") != std::string::npos);

  const auto taken = directory / "taken";
  std::filesystem::create_directory(taken);
  CHECK_FALSE(replace_file(taken, "x"));
  CHECK(std::filesystem::is_directory(taken));
  const std::filesystem::directory_iterator entries{directory.path()};
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("what is no regular file keeps its name") {
  const TempDir directory;
  const auto link = directory / "link";
  std::filesystem::create_symlink("/dev/null", link);
  const auto refused = replace_file(link, "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("not a regular file") != std::string::npos);
  CHECK(std::filesystem::is_symlink(link));
}
