// What a run says of its deliveries.

#include "base/text/json.hpp"
#include "support/network/loopback.hpp"
#include "system/program/scenario.hpp"

#include <array>
#include <cctype>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Some succeed, one fails for good.
Receiver::Script mostly_good() {
  return [](const Received& request, std::size_t) {
    Answer answer;
    if (id_of(request) == "bad-1") answer.status = 500;
    return answer;
  };
}

std::string told_event(const std::string& id, const std::string& entity) {
  return R"({"event_id":")" + id + R"(","entity_id":")" + entity +
         R"(","sequence_number":1,"correlation_id":"corr of )" + entity +
         R"(","headers":{"Authorization":"Bearer HIDDEN"},"payload":{"card":"HIDDEN"}})" + "\n";
}

std::vector<std::string> about(const std::string& text, const std::string& message) {
  std::vector<std::string> found;
  for (const auto& line : lines_of(text))
    if (has(line, message)) found.push_back(line);
  return found;
}

/// The keys of a line of key=value, in which values in quotes are JSON strings; empty where it is none.
std::set<std::string> logfmt_keys(std::string_view line) {
  std::set<std::string> keys;
  for (std::size_t at = 0; at < line.size();) {
    const auto sign = line.find('=', at);
    if (sign == std::string_view::npos || line.substr(at, sign - at).find(' ') != std::string_view::npos)
      return {};
    keys.emplace(line.substr(at, sign - at));
    auto end = sign + 1;
    if (end < line.size() && line[end] == '"') {
      for (++end; end < line.size() && line[end] != '"'; ++end)
        if (line[end] == '\\') ++end;
      ++end;
      if (end > line.size() || !is_json(line.substr(sign + 1, end - sign - 1))) return {};
    } else {
      end = std::min(line.find(' ', end), line.size());
    }
    at = end + 1;
  }
  return keys;
}

}  // namespace

TEST_CASE("at the level debug each attempt has a line in logfmt and nothing that is to be hidden") {
  const TempDir directory;
  const Receiver receiver{mostly_good()};
  const auto run = run_dispatch(directory,
                                {"run", "-", "--to", receiver.url("/hook?key=HIDDEN"), "--attempts", "2",
                                 "--backoff", "1ms..1ms", "--log-level", "debug"},
                                told_event("good-1", "good") + told_event("bad-1", "bad"));
  CHECK(run.exit_code == 3);
  CHECK(about(run.err, "dispatch: delivered ").size() == 1);
  CHECK(about(run.err, "dispatch: failed, to be tried again ").size() == 1);
  const auto dead = about(run.err, "dispatch: warning: dead letter ");
  REQUIRE(dead.size() == 1);
  CHECK(has(dead[0],
            " event=bad-1 entity=bad sequence=1 attempt=2 host=127.0.0.1 correlation=\"corr of bad\" "));
  CHECK(has(dead[0], " outcome=answered status=500 took_ms="));
  const auto keys = logfmt_keys(std::string_view{dead[0]}.substr(dead[0].find("event=")));
  for (const std::string key : {"event", "entity", "attempt", "host", "correlation", "status"}) {
    CAPTURE(key);
    CHECK(keys.contains(key));
  }
  CHECK_FALSE(has(run.err, "HIDDEN"));
}

TEST_CASE("as JSON every line of a run is an object and one about a delivery names all of it") {
  const TempDir directory;
  const Receiver receiver{mostly_good()};
  const auto run = run_dispatch(directory,
                                {"run", "-", "--to", receiver.url("/?key=HIDDEN"), "--attempts", "1",
                                 "--log-level", "debug", "--log-format", "json"},
                                told_event("good-1", "good") + told_event("bad-1", "bad") + "no event\n");
  CHECK(run.exit_code == 3);
  std::size_t told = 0;
  for (const auto& line : lines_of(run.err)) {
    CAPTURE(line);
    CHECK(is_json(line));
    const auto message = text_under("message", line);
    if (message != "delivered" && message != "dead letter") continue;
    ++told;
    const std::string entity = message == "delivered" ? "good" : "bad";
    CHECK(text_under("level", line) == (entity == "good" ? "debug" : "warning"));
    CHECK(text_under("event_id", line) == entity + "-1");
    CHECK(text_under("entity_id", line) == entity);
    CHECK(text_under("host", line) == "127.0.0.1");
    CHECK(text_under("correlation_id", line) == "corr of " + entity);
    CHECK(has(line, "\"attempt\":1,"));
    CHECK(has(line, entity == "good" ? "\"status\":200," : "\"status\":500,"));
    CHECK(text_under("time", line).ends_with("Z"));
  }
  CHECK(told == 2);
  CHECK_FALSE(has(run.err, "HIDDEN"));
}

TEST_CASE("secrets and what a program says of a payload are in no line") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("secret", "whsec_SElEREVOSElEREVOSElEREVOSElEREVO\n");
  CHECK(run_dispatch(directory, {"subscription", "add", "s", "--url", receiver.url("/?key=HIDDEN"), "--types",
                                 "*", "--transform", "error(.data.card)", "--secret-file", "secret"})
            .exit_code == 0);
  const auto run = run_dispatch(directory, {"run", "-", "--log-level", "debug", "--attempts", "1"},
                                R"({"event_id":"e-1","type":"t","payload":{"card":"HIDDEN"}})"
                                "\n");
  CHECK(run.exit_code == 3);
  CHECK(about(run.err, "dead letter event=e-1 ").size() == 1);
  CHECK(has(run.err, " subscription=s "));
  CHECK_FALSE(has(run.err, "whsec_"));
  CHECK(about(about(run.err, "dead letter").at(0), "HIDDEN").empty());
}

TEST_CASE("a standard error that nobody reads holds up the end of a command for a few seconds only") {
  // Takes five seconds of wall time for each command: that long its last words wait.
  const TempDir directory;
  const Receiver receiver;
  directory.write("events.jsonl", "no event\n" + streams(100, 10));
  const auto path = directory / "err";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const Fd unread{open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  REQUIRE(unread);
  const auto run = [&](const std::string& arguments) {
    Child child{directory,
                {"-c", "exec '" + std::string{DISPATCH_PROGRAM} + "' " + arguments + " 2>err"},
                {{}, "/bin/sh"}};
    child.close_input();
    return child.exit_code();
  };
  // Far more is said than a pipe holds; then it is full.
  CHECK(run("run events.jsonl --log-level debug --to " + receiver.url()) == 4);
  CHECK(receiver.count() == 1000);
  const auto before = std::chrono::steady_clock::now();
  CHECK(run("rejects list") == 0);
  CHECK(std::chrono::steady_clock::now() - before < 20s);
}

TEST_CASE("a pipe on standard error that nobody reads costs no delivery") {
  const TempDir directory;
  const Receiver receiver;
  constexpr std::size_t events = 3'000;
  directory.write("events.jsonl", "no event\n" + streams(100, 30));
  const auto path = directory / "err";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const Fd unread{open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  REQUIRE(unread);
  Child run{directory,
            {"-c", "exec '" + std::string{DISPATCH_PROGRAM} + "' run events.jsonl --log-level debug --to " +
                       receiver.url() + " 2>err"},
            {{}, "/bin/sh"}};
  // Far more is said than a pipe holds.
  CHECK(receiver.wait_ended(events, patience));
  const auto status_is_done = [&] {
    return has(run_dispatch(directory, {"status", "--json"}).out, "\"completed\":3000,");
  };
  bool done = false;
  for (int tries = 0; tries < 1000 && !done; ++tries) done = status_is_done();
  CHECK(done);

  // Whoever reads at last lets it end.
  std::string said;
  std::array<char, 65536> some{};
  for (const auto end = std::chrono::steady_clock::now() + patience;
       !run.wait(0ms) && std::chrono::steady_clock::now() < end;) {
    pollfd wait{unread.get(), POLLIN, 0};
    if (poll(&wait, 1, 10) != 1) continue;
    const auto got = read(unread.get(), some.data(), some.size());
    if (got > 0) said.append(some.data(), static_cast<std::size_t>(got));
  }
  CHECK(run.exit_code() == 4);
  CHECK(about(said, "dispatch: delivered ").size() > 100);
}
