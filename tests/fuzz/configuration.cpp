// The configuration file: whatever it holds, the program starts with values within their limits or says what
// is wrong (main makes one line of it, whatever it quotes); and a value that was written plainly arrives as
// it was written.

#include "cli/options/configuration/configuration.hpp"

#include "base/system/fd.hpp"
#include "cli/options/delivery_options.hpp"
#include "cli/options/input_options.hpp"
#include "cli/options/option_values.hpp"
#include "cli/options/parse.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/mman.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace dispatch::test;

namespace {

/// The options of `dispatch run`, below a program set up as the whole one is.
struct SmallProgram {
  SmallProgram() {
    app.name("small");
    app.require_subcommand(1);
    app.fallthrough();
    from_environment(app.add_option("--journal", journal));
    add_configuration(app);
    CLI::App* const run = app.add_subcommand("run");
    add_input_options(*run, input);
    add_delivery_options(*run, delivery);
    app.add_subcommand("status");
  }

  CLI::App app;
  std::string journal = "dispatch.db";
  InputOptions input;
  DeliveryOptions delivery;
};

Result<> read(SmallProgram& program, std::string_view text) {
  const Fd file{memfd_create("fuzz", MFD_CLOEXEC)};
  PROPERTY(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const auto path = fmt::format("/proc/self/fd/{}", file.get());
  const std::array words{"small", "--config", path.c_str(), "run"};
  const auto answered = parse(program.app, static_cast<int>(words.size()), words.data());
  if (!answered) return tl::unexpected(answered.error());
  return {};
}

void check_limits(const SmallProgram& program) {
  const auto& run = program.delivery.run;
  PROPERTY(run.requests.in_all >= 1 && run.requests.in_all <= 100'000);
  PROPERTY(run.requests.per_host >= 1 && run.requests.per_host <= 100'000);
  PROPERTY(run.retry.attempts >= 1 && run.retry.attempts <= 1'000);
  PROPERTY(run.retry.jitter >= 0 && run.retry.jitter <= 1);
  PROPERTY(run.retry.backoff_first <= run.retry.backoff_most);
  PROPERTY(run.retry.backoff_first >= std::chrono::microseconds{0});
  for (const auto& [status, meaning] : run.statuses) PROPERTY(status >= 100 && status <= 599);
  PROPERTY(program.delivery.http.timeout >= std::chrono::milliseconds{1});
  PROPERTY(program.delivery.http.timeout <= std::chrono::hours{24});
  PROPERTY(program.input.line_most >= 1 && program.input.line_most <= 256ULL * 1024 * 1024);
}

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() < 200 && std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c < '\x7f' && c != '"' && c != '\\';
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  SmallProgram program;
  if (const auto parsed = read(program, text)) {
    check_limits(program);
  } else {
    const auto& error = parsed.error();
    PROPERTY(error.failure == Failure::usage && !error.message.empty());
  }

  const auto line = text.substr(0, text.find('\n'));
  if (is_plain(line)) {
    SmallProgram plain;
    const auto parsed = read(plain, fmt::format("journal = \"{0}\"\n[run]\nto = \"{0}\" # {0}\n", line));
    PROPERTY(parsed.has_value());
    PROPERTY(plain.journal == line && plain.input.to == line);
  }
  return 0;
}
