#include "support/disk/temp_dir.hpp"

#include "support/disk/new_directory.hpp"

#include <atomic>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

#include <doctest/doctest.h>

namespace dispatch::test {
namespace {

std::atomic<bool>& case_has_failed() {
  static std::atomic<bool> failed{false};
  return failed;
}

/// doctest tells nobody inside a test case whether it has failed so far; its reporters are told.
struct FailureListener final : doctest::IReporter {
  explicit FailureListener(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override { case_has_failed() = false; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override { case_has_failed() = true; }
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& assertion) override {
    if (assertion.m_failed) case_has_failed() = true;
  }
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};

DOCTEST_REGISTER_LISTENER("failure", 1, FailureListener);

}  // namespace

TempDir::TempDir() : path_(new_directory(std::filesystem::temp_directory_path(), "dispatch-test")) {}

TempDir::~TempDir() {
  if (case_has_failed()) {
    std::cerr << "kept " << path_ << '\n';
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(std::string_view name, std::string_view text) const {
  const std::string file = *this / name;
  std::ofstream{file, std::ios::binary} << text;
  return file;
}

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return std::move(text).str();
}

}  // namespace dispatch::test
