#include "base/system/file_roles.hpp"

#include "base/system/fd.hpp"
#include "support/disk/temp_dir.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

constexpr const char* remedy = "name another";

FileRoles roles(const std::string& input, const std::string& output) {
  FileRoles files;
  files.add_input(input, "input");
  files.add_output(output, "rejects file", remedy);
  return files;
}

std::string objection(const FileRoles& files) {
  const auto checked = files.check();
  return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("an input that is an output is misuse by whatever name") {
  const TempDir dir;
  const auto file = dir.write("a", "");
  std::filesystem::create_symlink(file, dir / "symbolic");
  std::filesystem::create_hard_link(file, dir / "hard");
  for (const std::string& other : {file, dir / "symbolic", dir / "hard", dir / "./a"}) {
    CAPTURE(other);
    CHECK(objection(roles(file, other)) ==
          "input " + file + " and rejects file " + other + " are the same file; name another");
    CHECK(roles(other, file).check().error().failure == Failure::usage);
  }
  const std::string pipe = dir / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(objection(roles(pipe, pipe)) != "");
}

TEST_CASE("two outputs that are one file are misuse and two inputs are not") {
  const TempDir dir;
  const auto file = dir.write("a", "");
  FileRoles files;
  files.add_input(file, "input");
  files.add_input(file, "input");
  CHECK(objection(files) == "");
  FileRoles outputs;
  outputs.add_output(file, "rejects file", "name another with --rejects");
  outputs.add_output(file, "metrics file", "name another with --metrics-file");
  CHECK(objection(outputs) == "rejects file " + file + " and metrics file " + file +
                                  " are the same file; name another with --metrics-file");
}

TEST_CASE("different files and files that are not there and devices are no objection") {
  const TempDir dir;
  CHECK(objection(roles(dir.write("a", "same"), dir.write("b", "same"))) == "");
  CHECK(objection(roles(dir / "missing", dir / "another")) == "");
  CHECK(objection(roles("/dev/null", "/dev/null")) == "");
}

TEST_CASE("a file that took another's place after the check is seen when it is opened") {
  const TempDir dir;
  const auto input = dir.write("input", "");
  const std::string output = dir / "output";
  const auto files = roles(input, output);
  REQUIRE(objection(files) == "");
  std::filesystem::create_hard_link(input, output);
  const Fd opened{::open(output.c_str(), O_RDWR | O_CLOEXEC)};
  const auto checked = files.check_opened(opened.get(), output);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().message ==
        "input " + input + " and rejects file " + output + " are the same file; name another");
  CHECK(files.check_opened(opened.get(), input).error().message == checked.error().message);
  CHECK(files.check_opened(opened.get(), dir / "not one of them").has_value());
}

TEST_CASE("a file that is opened is no objection to itself") {
  const TempDir dir;
  const auto files = roles(dir.write("input", ""), dir.write("output", ""));
  for (const std::string& path : {dir / "input", dir / "output"}) {
    const Fd opened{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    CHECK(files.check_opened(opened.get(), path).has_value());
  }
}
