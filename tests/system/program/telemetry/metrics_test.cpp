// What a run tells monitors, and what promtool says to that.

#include "base/text/json.hpp"
#include "support/network/loopback.hpp"
#include "system/program/scenario.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

const std::string source = DISPATCH_SOURCE_DIR;

/// Where a run serves metrics, once it has said so; 0 where it says nothing.
std::uint16_t metrics_port(const Child& run, const std::string& host = "127.0.0.1") {
  const std::string before = "metrics at http://" + host + ":";
  if (!run.err().wait_for(before) || !run.err().wait_for("/metrics\n")) return 0;
  const auto said = run.err().text();
  std::uint16_t port = 0;
  std::from_chars(said.data() + said.find(before) + before.size(), said.data() + said.size(), port);
  return port;
}

/// Head and body of what is answered.
std::string get(std::uint16_t port, const std::string& path, const std::string& accept = "text/plain",
                const std::string& host = "127.0.0.1") {
  return ask(port, "GET " + path + " HTTP/1.1\r\nHost: " + host +
                       "\r\nConnection: close\r\nAccept: " + accept + "\r\n\r\n");
}

/// A connection on which half a request was sent.
Fd half_asked(std::uint16_t port) {
  Fd connection{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "connect");
  checked(static_cast<int>(::send(connection.get(), "GET / HTTP", 10, MSG_NOSIGNAL)), "send");
  return connection;
}

std::string body_of(const std::string& answer) {
  return answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size()));
}

/// The value of a series, as it stands there; empty where there is no such series.
std::string value_of(const std::string& text, const std::string& series) {
  for (const auto& line : lines_of(text))
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  return {};
}

/// Scrapes until the series has that value; false where the end of patience came first.
bool wait_for_value(std::uint16_t port, const std::string& series, const std::string& value) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < end) {
    if (value_of(get(port, "/metrics"), series) == value) return true;
    std::this_thread::sleep_for(20ms);  // between scrapes; what is waited for is the value
  }
  return false;
}

Finished shell(const TempDir& directory, const std::string& command) {
  return run_dispatch(directory, {"-c", command}, {}, {{}, "/bin/sh"});
}

/// The names of the families in a text.
std::set<std::string> families_in(const std::string& text) {
  std::set<std::string> names;
  for (const auto& line : lines_of(text))
    if (line.starts_with("# TYPE ")) names.insert(line.substr(7, line.find(' ', 7) - 7));
  return names;
}

/// What one small run leaves in its --metrics-file.
std::string metrics_of_a_run(const TempDir& directory) {
  const Receiver receiver{after(0ms)};
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "--metrics-file", "m.prom", "-"},
                                streams(2, 3));
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  return read_file(directory / "m.prom");
}

/// All words in a text that look like a series of ours.
std::set<std::string> series_named_in(const std::string& text) {
  std::set<std::string> names;
  const std::string part_of_name = "abcdefghijklmnopqrstuvwxyz_";
  for (auto at = text.find("dispatch_"); at != std::string::npos; at = text.find("dispatch_", at + 1)) {
    auto name = text.substr(at, text.find_first_not_of(part_of_name, at) - at);
    for (const std::string end : {"_bucket", "_sum", "_count"})
      if (name.ends_with(end)) name.resize(name.size() - end.size());
    names.insert(name);
  }
  return names;
}

}  // namespace

TEST_CASE("a run that goes on tells monitors what promtool finds no fault with") {
  const TempDir directory;
  Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (id_of(request) == "held-1") answer.manner = Answer::Manner::held;
    if (id_of(request) == "bad-1") answer.status = 404;
    return answer;
  }};
  Child run{directory,
            {"run", "-", "--to", receiver.url(), "--attempts", "1", "--metrics-listen", "127.0.0.1:0"}};
  const auto port = metrics_port(run);
  REQUIRE(port != 0);
  REQUIRE(run.write(streams(3, 4) + event_line("held-1", "held", 1) + event_line("bad-1", "bad", 1) +
                    event_line("bad-2", "bad", 2) + event_line("gap-2", "gap", 2) +
                    event_line("bad-1", "bad", 1) + "no event\n"));
  REQUIRE(wait_for_value(port, "dispatch_events_delivered_total", "12"));
  REQUIRE(wait_for_value(port, "dispatch_events_failed_total", "1"));
  REQUIRE(wait_for_value(port, "dispatch_in_flight{host=\"127.0.0.1\"}", "1"));

  const auto answer = get(port, "/metrics");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(has(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  const auto text = body_of(answer);
  CHECK(value_of(text, "dispatch_events_received_total") == "18");
  CHECK(value_of(text, "dispatch_events_accepted_total") == "16");
  CHECK(value_of(text, "dispatch_events_duplicate_total") == "1");
  CHECK(value_of(text, "dispatch_events_rejected_total") == "1");
  CHECK(value_of(text, "dispatch_attempts_total{outcome=\"http_4xx\"}") == "1");
  CHECK(value_of(text, "dispatch_delivery_duration_seconds_count") == "12");
  CHECK(value_of(text, "dispatch_circuit_breaker_state{host=\"127.0.0.1\"}") == "0");
  CHECK(value_of(text, "dispatch_permits_free{host=\"127.0.0.1\"}") == "49");
  CHECK(value_of(text, "dispatch_dead_letters") == "1");
  CHECK(value_of(text, "dispatch_lanes_blocked{behind=\"dead_letter\"}") == "1");
  CHECK(value_of(text, "dispatch_lanes_blocked{behind=\"gap\"}") == "1");
  CHECK(value_of(text, "dispatch_deliveries{state=\"completed\"}") == "12");
  CHECK(value_of(text, "dispatch_oldest_pending_event_age_seconds") != "0");
  CHECK(value_of(text, "dispatch_journal_size_bytes") != "0");
  CHECK(value_of(text, "dispatch_telemetry_dropped_total") == "0");
  directory.write("scrape.prom", text);
  const auto checked = shell(directory, "promtool check metrics < scrape.prom");
  CHECK_MESSAGE(checked.exit_code == 0, checked.out, checked.err);
  CHECK(checked.err.empty());

  const auto open = get(port, "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
  CHECK(has(open, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  CHECK(open.ends_with("\n# EOF\n"));
  CHECK(has(open, "# TYPE dispatch_events_received counter\ndispatch_events_received_total 18\n"));

  CHECK(body_of(get(port, "/healthz")) == "ok\n");
  CHECK(get(port, "/").starts_with("HTTP/1.1 404 "));

  receiver.release();
  run.close_input();
  CHECK(run.exit_code() == 3);
}

TEST_CASE("a run answers monitors under the names that are allowed and under no other") {
  const TempDir directory;
  Child::Setup setup;
  setup.environment["LD_PRELOAD"] = DISPATCH_TEST_PRELOADED_NAMES;
  setup.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
  Child run{directory,
            {"run", "-", "--to", "http://127.0.0.1:9/", "--metrics-listen", "127-0-0-1.address.test:0",
             "--metrics-host", "metrics.test", "--metrics-host", "other.test"},
            setup};
  const auto port = metrics_port(run, "127-0-0-1.address.test");
  REQUIRE(port != 0);
  for (const std::string host :
       {"127.0.0.1", "localhost:9", "127-0-0-1.address.test", "metrics.test", "other.test"})
    CHECK_MESSAGE(get(port, "/healthz", "*/*", host).starts_with("HTTP/1.1 200 "), host);
  CHECK(get(port, "/healthz", "*/*", "rebound.test").starts_with("HTTP/1.1 421 "));
  run.close_input();
  CHECK(run.exit_code() == 0);
}

TEST_CASE("who asks a run half a question is ended for others") {
  const TempDir directory;
  Child run{directory, {"run", "-", "--to", "http://127.0.0.1:9/", "--metrics-listen", "127.0.0.1:0"}};
  const auto port = metrics_port(run);
  REQUIRE(port != 0);
  std::vector<Fd> half;
  for (int i = 0; i < 64; ++i) half.push_back(half_asked(port));
  CHECK(body_of(get(port, "/healthz")) == "ok\n");
  for (const Fd& connection : half) {
    pollfd end{connection.get(), POLLIN, 0};
    CHECK(::poll(&end, 1, 20'000) == 1);
  }
  run.close_input();
  CHECK(run.exit_code() == 0);
}

TEST_CASE("an address that is taken stops a run before anything is sent and the message says what to do") {
  const TempDir directory;
  const Receiver receiver{after(0ms)};
  const Fd taken = listen_at("127.0.0.1", 0);
  const auto run = run_dispatch(
      directory,
      {"run", "--to", receiver.url(), "--metrics-listen", "127.0.0.1:" + std::to_string(port_of(taken)), "-"},
      streams(1, 1));
  CHECK(run.exit_code == 1);
  CHECK(has(run.err, "cannot serve metrics: "));
  CHECK(has(run.err, "Address already in use"));
  CHECK(has(run.err, "give --metrics-listen another address, or port 0 for a free one"));
  CHECK(receiver.count() == 0);
}

TEST_CASE("an address that is none is refused as usage") {
  const TempDir directory;
  for (const std::string wrong : {"9464", "127.0.0.1", ":9464", "127.0.0.1:70000", "::1:9464"}) {
    CAPTURE(wrong);
    CHECK(run_dispatch(directory, {"run", "--metrics-listen", wrong}).exit_code == 2);
  }
}

TEST_CASE("a file has the last word of a run and is one that promtool takes") {
  const TempDir directory;
  const auto text = metrics_of_a_run(directory);
  CHECK(value_of(text, "dispatch_events_delivered_total") == "6");
  CHECK(value_of(text, "dispatch_delivery_duration_seconds_bucket{le=\"+Inf\"}") == "6");
  CHECK(value_of(text, "dispatch_events_received_total") == "6");
  CHECK(value_of(text, "dispatch_in_flight{host=\"127.0.0.1\"}") == "0");
  CHECK(value_of(text, "dispatch_permits_free{host=\"127.0.0.1\"}") == "50");
  const auto checked = shell(directory, "promtool check metrics < m.prom");
  CHECK_MESSAGE(checked.exit_code == 0, checked.out, checked.err);
}

TEST_CASE("a file that cannot be written stops a run before anything is sent") {
  const TempDir directory;
  const Receiver receiver{after(0ms)};
  const auto run = run_dispatch(
      directory, {"run", "--to", receiver.url(), "--metrics-file", "none/m.prom", "-"}, streams(1, 1));
  CHECK(run.exit_code == 1);
  CHECK(has(run.err, "--metrics-file: cannot create none/m.prom."));
  CHECK(receiver.count() == 0);
}

TEST_CASE("the manual page lists exactly the series that there are") {
  const TempDir directory;
  std::set<std::string> listed;
  for (const auto& line : lines_of(read_file(source + "/man/dispatch-metrics.5")))
    if (line.starts_with(".It Li dispatch_")) listed.insert(line.substr(7, line.find(' ', 7) - 7));
  CHECK(listed == families_in(metrics_of_a_run(directory)));
}

TEST_CASE("the example alerts are rules that promtool takes and name only series that there are") {
  const TempDir directory;
  const auto checked = shell(directory, "promtool check rules " + source + "/examples/alerts.yml");
  CHECK_MESSAGE(checked.exit_code == 0, checked.out, checked.err);
  CHECK(has(checked.out, "SUCCESS"));
  const auto known = families_in(metrics_of_a_run(directory));
  for (const std::string file : {"alerts.yml", "grafana-dashboard.json"}) {
    const auto named = series_named_in(read_file(source + "/examples/" + file));
    CHECK(named.size() > 5);
    for (const auto& name : named) {
      INFO(file, " names ", name);
      CHECK(known.contains(name));
    }
  }
}

TEST_CASE("the example dashboard is JSON") {
  CHECK(is_json(read_file(source + "/examples/grafana-dashboard.json")));
}
