#include "base/random.hpp"
#include "cli/options/delivery_options.hpp"
#include "cli/options/input_options.hpp"
#include "cli/options/telemetry_options.hpp"
#include "cli/program.hpp"
#include "cli/run/dry_run.hpp"
#include "cli/run/fd_limit.hpp"
#include "cli/run/metrics_server.hpp"
#include "cli/run/run_files.hpp"
#include "cli/run/session.hpp"
#include "cli/run/tls_key_log.hpp"
#include "delivery/http/http_threads.hpp"
#include "delivery/limited_transport.hpp"
#include "delivery/preparing_transport.hpp"
#include "delivery/transport_by_scheme.hpp"
#include "flow/run.hpp"
#include "journal/store.hpp"
#include "telemetry/telemetry.hpp"
#include "telemetry/trace_export.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr std::string_view run_remarks =
    R"(Without FILE, it continues with the journal. After SIGTERM, SIGINT or SIGHUP it
lets running requests finish; a second signal aborts them. SIGUSR1 prints a
snapshot.

)";
constexpr std::string_view run_examples = R"(EXAMPLES
  dispatch run events.jsonl
  cat events | dispatch run -
  dispatch run --to https://example.com/hook --attempts 3 events.jsonl.gz
  dispatch run --field event_id=/delivery/guid hooks.jsonl)";

/// Descriptors that are not connections: journal, input, output, wake-ups.
constexpr std::size_t other_descriptors = 64;
/// The wake-ups of each further thread that makes requests.
constexpr std::size_t thread_descriptors = 4;

/// More committed requests than these do not make connections busier, and a crash leaves them all unknown.
constexpr std::size_t ahead_most = 50;

/// Two at least, so that one subscription's programs leave room for another's.
std::size_t preparing_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 2U, 8U);
}

struct Run {
  InputOptions input;
  DeliveryOptions delivery;
  WatchOptions watch;
  std::optional<telemetry::TraceExport> traces;
  std::vector<std::string>
      delivery_options;  ///< that were given; of no effect where another process dispatches
  bool quiet = false;
  bool no_progress = false;
};

/// Of the options that decide about delivering, those that were given, in whatever way.
std::vector<std::string> given_for_delivery(Command command) {
  std::vector<std::string> given;
  for (const Option option : command.options()) {
    const auto& heading = option.heading();
    const bool of_delivery = heading == "Limits" || heading == "Failures" || heading == "Requests";
    if (of_delivery && option.given()) given.push_back("--" + option.long_name());
  }
  return given;
}

Result<flow::RunOptions> run_options(const Run& asked, spdlog::logger& log) {
  flow::RunOptions options = asked.delivery.run;
  DISPATCH_TRY(set_input(options, asked.input));
  options.ahead = std::min(options.requests.per_host, ahead_most);
  options.follow_all = asked.input.files.empty();
  options.through_proxy = !asked.delivery.http.proxy.empty();
  const std::size_t descriptors = raise_fd_limit();
  const std::size_t others = other_descriptors + thread_descriptors * (asked.delivery.threads - 1);
  const std::size_t room =
      descriptors > 2 * others ? descriptors - others : std::max<std::size_t>(1, descriptors / 2);
  if (options.requests.in_all > room) {
    log.warn("--workers {} needs more open files than the limit of {} (ulimit -n); going on with {}",
             options.requests.in_all, descriptors, room);
    options.requests.in_all = room;
  }
  return options;
}

/// A subscription's word that only public addresses are connected to must not be broken, nor cost it all its
/// deliveries.
Result<> check_addresses_seen(journal::Journal& journal, const delivery::HttpOptions& http) {
  if (http.proxy.empty() && http.unix_socket.empty()) return {};
  DISPATCH_ASSIGN(const auto subscriptions, journal.subscriptions());
  for (const auto& subscription : subscriptions->all())
    if (subscription->deny_private)
      return misuse(
          "subscription {} allows public addresses only, but through {} dispatch cannot see which address it "
          "connects to; run without it, or change the subscription",
          subscription->id, http.proxy.empty() ? "--unix-socket" : "--proxy");
  return {};
}

/// The roster of the session's journal, which tells the session who owns it.
class AnnouncedRoster final : public journal::Roster {
 public:
  AnnouncedRoster(Session& session, const std::vector<std::string>& given)
      : session_(session), given_(given), roster_(session.store().roster()) {}

  Result<Joined> join() override {
    auto joined = roster_->join();
    if (!joined) return joined;
    if (joined->won.none())
      session_.note_owner(given_);
    else
      session_.note_ownership();
    return joined;
  }
  Result<journal::Buckets> lost() override { return roster_->lost(); }
  void leave() noexcept override { roster_->leave(); }

 private:
  Session& session_;
  const std::vector<std::string>& given_;
  const std::unique_ptr<journal::Roster> roster_;
};

Result<flow::RunResult> deliver(Session& session, const Run& asked, const flow::RunOptions& options,
                                telemetry::Telemetry& watching) {
  delivery::HttpOptions http = asked.delivery.http;
  http.connections_kept = options.requests.in_all;
  DISPATCH_TRY(check_addresses_seen(session.acceptance().journal, http));
  delivery::LimitedTransport limited{options.requests, session.inbox(), session.clock()};
  DISPATCH_ASSIGN(auto over_http,
                  delivery::start_http(http, asked.delivery.threads, limited.for_next(), session.clock()));
  delivery::TransportByScheme by_scheme{{{http_schemes, *over_http}}, limited.for_next()};
  const auto link = limited.lead_to(by_scheme);
  DISPATCH_ASSIGN(auto preparing, delivery::PreparingTransport::start(preparing_threads(), limited,
                                                                      session.inbox(), session.clock()));
  SystemRandom random;
  AnnouncedRoster roster{session, asked.delivery_options};
  auto acceptance = session.acceptance();
  acceptance.observer = &watching.observer();
  acceptance.log = watching.log();
  return flow::run({acceptance, *preparing, random, roster}, options, session.shared_stats());
}

telemetry::TelemetryOptions telemetry_options(const Run& asked, spdlog::logger& log) {
  const WatchOptions& watch = asked.watch;
  telemetry::TelemetryOptions options{.metrics = {.file = watch.file, .every = watch.every},
                                      .traces = asked.traces,
                                      .span_url = watch.span_url};
  if (watch.listen)
    options.metrics.serve = [&watch, &log](telemetry::MetricsView view) {
      return serve_metrics(*watch.listen, watch.hosts, std::move(view), log);
    };
  return options;
}

Result<flow::RunResult> deliver_watched(Session& session, const Run& asked, const flow::RunOptions& options) {
  DISPATCH_TRY(session.files().check());  // the metrics file is about to be made
  const auto log = session.acceptance().log;
  const auto wanted = telemetry_options(asked, *log);
  DISPATCH_ASSIGN(auto watching, telemetry::Telemetry::start(wanted, session.shared_stats(), session.store(),
                                                             session.clock(), log));
  auto result = deliver(session, asked, options, *watching);
  session.hurry();
  const auto told = watching->finish();
  if (!result) return result;  // which is worse than what else may have failed
  if (!told) return tl::unexpected(told.error());
  return result;
}

/// `cat events | dispatch run` without '-' would read nothing and say that all is done.
Result<> check_standard_input(const InputOptions& input, spdlog::logger& log) {
  struct stat status {};
  if (!input.files.empty() || ::fstat(STDIN_FILENO, &status) != 0) return {};
  if (S_ISREG(status.st_mode)) {
    if (status.st_size <= ::lseek(STDIN_FILENO, 0, SEEK_CUR)) return {};
    return misuse(
        "standard input is a file, and no FILE is given; to read it, give -, to leave it, </dev/null");
  }
  if (!S_ISFIFO(status.st_mode)) return {};
  int waiting = 0;
  if (::ioctl(STDIN_FILENO, FIONREAD, &waiting) != 0) return {};
  if (waiting > 0)
    return misuse(
        "data waits on standard input, and no FILE is given; to read it, give -, to leave it, </dev/null");
  pollfd end{STDIN_FILENO, 0, 0};
  if (::poll(&end, 1, 0) == 0)
    log.warn("standard input is a pipe and is not read, as no FILE is given; to read it, give -");
  return {};
}

FileRoles all_files(const Program& program, const Run& asked) {
  FileRoles files = run_files(program, asked.input);
  const auto& http = asked.delivery.http;
  for (const auto& path : {http.ca_file, http.client_certificate, http.client_key})
    if (!path.empty()) files.add_input(path, "certificate or key file");
  if (!asked.watch.file.empty())
    files.add_output(asked.watch.file, "metrics file", "name another with --metrics-file");
  if (!asked.delivery.tls_key_log.empty())
    files.add_output(asked.delivery.tls_key_log, "file of TLS keys", "name another with --tls-key-log");
  return files;
}

Result<ExitCode> run(const Program& program, Run& asked) {
  if (asked.input.dry_run) return dry_run(program, asked.input, all_files(program, asked));
  auto traces = telemetry::trace_export([](const char* name) { return std::getenv(name); });
  if (!traces) return tl::unexpected(std::move(traces).error());
  asked.traces = std::move(*traces);
  if (!asked.delivery.tls_key_log.empty())
    DISPATCH_TRY(log_tls_keys(asked.delivery.tls_key_log, *program.log));
  if (asked.quiet) program.log->set_level(std::max(program.log->level(), spdlog::level::err));
  DISPATCH_TRY(check_standard_input(asked.input, *program.log));
  DISPATCH_ASSIGN(const auto options, run_options(asked, *program.log));
  auto session = Session::open(program, asked.input, all_files(program, asked), Task::deliver,
                               {!asked.quiet && !asked.no_progress, !asked.quiet});
  if (!session) return tl::unexpected(std::move(session).error());
  return (*session)->run([&](Session& open) { return deliver_watched(open, asked, options); });
}

}  // namespace

void add_run_command(Command app, Program& program) {
  Command command = app.add_subcommand("run", "Accept events and deliver them until no delivery can proceed");
  const auto asked = std::make_shared<Run>();
  add_input_options(command, asked->input);
  add_delivery_options(command, asked->delivery);
  add_telemetry_options(command, asked->watch);
  command.add_flag("--no-progress", asked->no_progress, "Show no progress, only the summary").group("Talk");
  command.add_flag("--quiet", asked->quiet, "Print only errors, and one line with what is left to do")
      .group("Talk");
  command.footer(std::string{run_remarks}.append(exit_status).append(run_examples));
  command.callback([&program, asked, command] {
    asked->delivery_options = given_for_delivery(command);
    program.action = [&program, asked] { return run(program, *asked); };
  });
}

}  // namespace dispatch::cli
