#include "base/fd.hpp"
#include "base/jq.hpp"
#include "base/log.hpp"
#include "base/printable.hpp"
#include "base/url_text.hpp"
#include "cli/app.hpp"
#include "cli/parse.hpp"
#include "cli/tls_key_log.hpp"
#include "journal/sqlite/sqlite_journal.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

void say(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "dispatch: {}\n", printable(without_credentials(error.message)));
}

/// Data that could not be written must not look like success: a full disk shows itself here at the latest.
Result<> finish_output() {
  if (std::ferror(stdout) != 0) return fail("cannot write to standard output; what it got is not whole");
  if (std::fflush(stdout) != 0) return fail("cannot write to standard output: {}", errno_text(errno));
  return {};
}

Result<ExitCode> run_program(int argc, char** argv) {
  journal::stop_counting_memory();
  ignore_tls_key_variable();
  Program program;
  CLI::App app;
  describe(app, program);
  const auto answered = parse(app, argc, argv);
  if (!answered) return tl::unexpected(answered.error());
  program.log = make_log(program.log_options);
  auto exit = *answered ? **answered : program.action();
  DISPATCH_TRY(finish_output());
  return exit;
}

int exit_with(const Result<ExitCode>& exit) {
  if (exit) return static_cast<int>(*exit);
  say(exit.error());
  return static_cast<int>(exit_code(exit.error().failure));
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  using namespace dispatch::cli;
  try {
    dispatch::serve_jq_if_asked(argc, argv);
    return exit_with(run_program(argc, argv));
  } catch (const std::system_error& refused) {
    return exit_with(dispatch::fail("{}", refused.what()));
  } catch (const std::exception& bug) {
    return exit_with(dispatch::fail("internal error: {}; please report it", bug.what()));
  }
}
