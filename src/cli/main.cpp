#include "base/system/fd.hpp"
#include "base/system/log.hpp"
#include "base/system/patient_output.hpp"
#include "base/system/standard_descriptors.hpp"
#include "base/text/printable.hpp"
#include "base/text/shell_text.hpp"
#include "base/text/url_text.hpp"
#include "cli/app.hpp"
#include "cli/journal_store.hpp"
#include "cli/options/configuration/value_source.hpp"
#include "cli/options/parse.hpp"
#include "cli/run/tls_key_log.hpp"
#include "jq/program.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

void say(PatientOutput& talk, const Error& error) {
  std::fflush(stdout);
  talk.write(fmt::format("dispatch: {}\n", printable(without_credentials(error.message))));
}

/// Data that could not be written must not look like success: a full disk shows itself here at the latest.
Result<> finish_output() {
  if (std::ferror(stdout) != 0) return fail("cannot write to standard output; the output is incomplete");
  if (std::fflush(stdout) != 0) return fail("cannot write to standard output: {}", errno_text(errno));
  return {};
}

/// The command line as it is to be typed again.
std::string command_of(int argc, const char* const* argv) {
  std::string command = "dispatch";
  for (int i = 1; i < argc; ++i) command += ' ' + shell_word(argv[i]);
  return without_credentials(command);
}

Result<ExitCode> run_program(int argc, char** argv, std::shared_ptr<PatientOutput> talk) {
  ignore_tls_key_variable();
  Program program;
  program.talk = std::move(talk);
  program.command = command_of(argc, argv);
  CLI::App app;
  describe(app, program);
  DISPATCH_ASSIGN(const auto answered, parse(app, argc, argv));
  program.store = journal_store(program.journal);
  program.log = make_log(program.log_options, program.talk);
  auto exit = answered ? *answered : program.action();
  DISPATCH_TRY(finish_output());
  if (!exit) return tl::unexpected(with_value_source(std::move(exit).error(), app, argc, argv));
  return exit;
}

int exit_with(PatientOutput& talk, const Result<ExitCode>& exit) {
  if (exit) return static_cast<int>(*exit);
  talk.hurry(PatientOutput::last_words_patience);
  say(talk, exit.error());
  return static_cast<int>(exit_code(exit.error().failure));
}

}  // namespace
}  // namespace dispatch::cli

int main(int argc, char** argv) {
  using namespace dispatch::cli;
  if (!dispatch::fill_standard_descriptors())
    return static_cast<int>(ExitCode::failed);  // nobody can be told
  std::signal(SIGXFSZ,
              [](int) {});  // a file at its limit is an error of the call that writes, as a full disk is
  const auto talk = std::make_shared<dispatch::PatientOutput>(STDERR_FILENO);
  try {
    dispatch::jq::serve_if_asked(argc, argv);
    return exit_with(*talk, run_program(argc, argv, talk));
  } catch (const std::system_error& refused) {
    return exit_with(*talk, dispatch::fail("{}", refused.what()));
  } catch (const std::exception& bug) {
    return exit_with(*talk, dispatch::fail("internal error: {}; please report it", bug.what()));
  }
}
