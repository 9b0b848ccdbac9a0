#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/system/signals.hpp"
#include "base/text/whole_number.hpp"
#include "cli/options/never_empty.hpp"
#include "cli/options/option_values.hpp"
#include "cli/program.hpp"
#include "operations/subscriptions/secret_source.hpp"
#include "serve/http_server.hpp"
#include "serve/listener.hpp"

#include <csignal>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr const char* listen_footer =
    R"(It checks the order of each entity, and finds duplicates by Idempotency-Key.

EXIT STATUS
  0  ended by --count, SIGTERM, SIGINT or SIGHUP
  1  standard output or the port could not be used
  2  wrong usage or configuration

EXAMPLES
  dispatch listen
  dispatch listen --port 9000 --fail-first 2 --delay 50ms
  dispatch listen --port 0 --json --body --count 10
  dispatch listen --secret-file secret)";

/// How long answers that are owed may take when it ends.
constexpr std::chrono::seconds patience{5};

constexpr WholeNumber port_number{0, 65'535};
constexpr WholeNumber final_status{200, 599};
constexpr WholeNumber any_count{0, 1'000'000'000'000};

struct Listen {
  serve::ServerOptions server{.port = 8080};
  serve::ListenerOptions listener;
  std::vector<std::string> secret_files;
  std::chrono::seconds tolerance{300};
  bool quiet = false;
};

Result<std::chrono::seconds> parse_tolerance(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  if (duration < std::chrono::seconds{1} || duration > std::chrono::hours{24})
    return misuse("'{}' is not between 1s and 24h", text);
  return std::chrono::floor<std::chrono::seconds>(duration);
}

Result<std::optional<serve::SignatureCheck>> signature_check(const Program& program, const Listen& asked) {
  if (asked.secret_files.empty()) return std::nullopt;
  std::vector<std::string> secrets;
  for (const auto& file : asked.secret_files) {
    DISPATCH_ASSIGN(const auto secret, operations::read_secret_file(file));
    if (const auto warning = operations::secret_warning("in " + file, secret))
      program.log->warn("{}", *warning);
    secrets.push_back(secret.reveal());
  }
  DISPATCH_ASSIGN(auto check, serve::SignatureCheck::make(secrets, asked.tolerance));
  return std::optional{std::move(check)};
}

Result<std::chrono::milliseconds> parse_delay(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  return std::chrono::floor<std::chrono::milliseconds>(duration);
}

/// The end, which comes from the listener or from a signal, whichever is first.
class End {
 public:
  void come(Result<> how) {
    std::call_once(come_, [&] { how_.set_value(std::move(how)); });
  }
  Result<> wait() { return how_.get_future().get(); }

 private:
  std::once_flag come_;
  std::promise<Result<>> how_;
};

void say_summary(spdlog::logger& log, const serve::Listener& listener) {
  const auto& counts = listener.inspector().counts();
  std::string text = fmt::format(
      "{} requests, {} deliveries completed, {} failed on purpose, {} retries, {} duplicates, {} out of "
      "order, {} repeated numbers",
      counts.requests + listener.unverified(), counts.completed, listener.failed(), counts.again,
      counts.duplicates, counts.out_of_order, counts.repeated);
  if (listener.unverified() > 0) text += fmt::format(", {} not verified", listener.unverified());
  if (listener.inspector().has_forgotten())
    text += "; there were too many events to keep, so duplicates of the oldest count as new";
  log.info(text);
}

Result<ExitCode> listen(const Program& program, const Listen& asked) {
  End end;
  const Signals signals{end_signals(), [&](int) { end.come({}); }};
  const SystemClock clock;
  SystemRandom random;
  auto options = asked.listener;
  DISPATCH_ASSIGN(options.check, signature_check(program, asked));
  serve::Listener listener{options, stdout, clock, random, [&](Result<> how) { end.come(std::move(how)); }};
  auto server = serve::HttpServer::start(
      asked.server, [&](const serve::Request& request) { return listener.answer(request); });
  if (!server) return tl::unexpected(std::move(server).error());
  program.log->info("listening on {}", (*server)->url());
  program.log->flush();

  const auto how = end.wait();
  (*server)->drain(patience);
  server->reset();
  say_summary(*program.log, listener);
  DISPATCH_TRY(how);
  return ExitCode::delivered;
}

void add_place(Command command, serve::ServerOptions& server) {
  never_empty(command.add_option("--host", server.host, "The name or address to listen at"))
      .type_name("HOST")
      .default_str(server.host);
  add_value(command, "--port", server.port, port_number, "The port; 0 picks a free one and prints it")
      .type_name("PORT")
      .default_str("8080");
}

void add_answers(Command command, serve::ListenerOptions& listener) {
  const std::string group = "Answers";
  add_value(command, "--status", listener.status, final_status, "HTTP status of an answer")
      .type_name("CODE")
      .default_str("200")
      .group(group);
  add_value(command, "--fail-first", listener.fail_first, any_count,
            "Fail the first N requests for each event")
      .type_name("N")
      .default_str("0")
      .group(group);
  add_value(command, "--fail-rate", listener.fail_rate, parse_share, "Fail this share of requests at random")
      .type_name("SHARE")
      .default_str("0%")
      .group(group);
  add_value(command, "--fail-status", listener.fail_status, final_status,
            "HTTP status of an answer that fails")
      .type_name("CODE")
      .default_str("500")
      .group(group);
  add_value(command, "--delay", listener.delay, parse_delay, "Wait before each answer")
      .type_name("DURATION")
      .default_str("0")
      .group(group);
  add_value(command, "--count", listener.count, any_count, "End after N requests; 0 is never")
      .type_name("N")
      .default_str("0")
      .group(group);
}

void add_verification(Command command, Listen& asked) {
  const std::string group = "Signatures";
  never_empty(command.add_option(
                  "--secret-file", asked.secret_files,
                  "Answer 401 to requests that are not signed with the secret in this file; may be repeated"))
      .type_name("FILE")
      .allow_extra_args(false)
      .group(group);
  add_value(command, "--tolerance", asked.tolerance, parse_tolerance,
            "Maximum difference of a signature's time from the local time")
      .type_name("DURATION")
      .default_str("5m")
      .group(group);
}

void add_lines(Command command, Listen& asked) {
  const std::string group = "Lines";
  command.add_flag("--json", asked.listener.json, "Print one JSON object per request").group(group);
  command.add_flag("--body", asked.listener.body, "Print the body of each request too").group(group);
  command.add_flag("--quiet", asked.quiet, "Print only the summary, not each request").group(group);
}

}  // namespace

void add_listen_command(Command app, Program& program) {
  Command command = app.add_subcommand("listen", "Receive deliveries locally, print them and check them");
  const auto asked = std::make_shared<Listen>();
  add_place(command, asked->server);
  add_answers(command, asked->listener);
  add_verification(command, *asked);
  add_lines(command, *asked);
  command.footer(listen_footer);
  command.callback([&program, asked] {
    program.action = [&program, asked] {
      asked->listener.lines = !asked->quiet;
      return listen(program, *asked);
    };
  });
}

}  // namespace dispatch::cli
