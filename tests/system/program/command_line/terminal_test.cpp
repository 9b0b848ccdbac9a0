// What others write does not steer the terminal of whoever reads what the program says.

#include "base/text/printable.hpp"
#include "support/network/loopback.hpp"
#include "system/program/scenario.hpp"

#include <charconv>
#include <csignal>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// CSI in two characters and in one, a forged line, a colour, DEL, and text from right to left.
const std::string steering =
    "a\x1b[2J\n\rdispatch: forged\xC2\x9B"
    "31m\x7F\xE2\x80\xAE\xE2\x81\xA6\xD8\x9C\xE2\x80\x8F";
/// Of it what a line of input may have in its fields.
const std::string turning = "a\xE2\x80\xAE\xE2\x81\xA6\xD8\x9C\xE2\x80\x8F\xE2\x80\xA9";
/// The first as JSON writes it, and raw what JSON allows to stand raw.
const std::string steering_json =
    "a\\u001b[2J\\n\\rdispatch: forged\xC2\x9B"
    "31m\x7F" +
    turning;

/// Lines, each of which is fit to be shown, and none of which is forged.
void check_safe(const std::string& text) {
  CAPTURE(printable(text));
  CHECK(printable_lines(text) == text);
  for (const auto& line : lines_of(text)) CHECK_FALSE(line.starts_with("dispatch: forged"));
}

void check_safe(const Finished& run) {
  check_safe(run.out);
  check_safe(run.err);
}

std::string hostile_event(const std::string& id, int sequence, const std::string& url) {
  return fmt::format(
      R"({{"event_id":"{0}{1}","entity_id":"{1}","sequence_number":{2},"type":"{1}","source":"{1}",)"
      R"("correlation_id":"c{1}","headers":{{"X-Own":"{1}"}},"url":"{3}","payload":{{"text":"{4}"}}}})"
      "\n",
      id, turning, sequence, url, steering_json);
}

/// Fails with a body that wants to be read.
Receiver::Script failing() {
  return [](const Received&, std::size_t) {
    Answer answer;
    answer.status = 500;
    answer.body = steering + "\x9B";
    return answer;
  };
}

std::uint16_t port_in(const std::string& said) {
  const std::string before = "listening on http://127.0.0.1:";
  const auto at = said.find(before);
  std::uint16_t port = 0;
  if (at != std::string::npos)
    std::from_chars(said.data() + at + before.size(), said.data() + said.size(), port);
  return port;
}

}  // namespace

TEST_CASE("no command lets what events and answers hold steer a terminal") {
  const Receiver receiver{failing()};
  const TempDir directory;
  const auto events = hostile_event("e1", 1, receiver.url()) + hostile_event("e2", 2, receiver.url()) +
                      hostile_event("e4", 4, receiver.url()) + "{\"event_id\":\"" + steering + "\"}\n" +
                      "{\"event_id\":\"b\",\"headers\":{\"" + turning + "\":1}}\n";
  check_safe(run_dispatch(directory, {"run", "-", "--dry-run"}, events));
  const auto run =
      run_dispatch(directory, {"run", "-", "--attempts", "2", "--backoff", "10ms..10ms"}, events);
  CHECK(run.exit_code == 3);
  check_safe(run);
  const std::string id = "e1" + turning;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"events"},
                                             {"events", "show", id},
                                             {"events", "list", "--entity", turning},
                                             {"events", "trace", "c" + turning},
                                             {"attempts", id},
                                             {"dlq", "list"},
                                             {"dlq", "show", id},
                                             {"gap", "list"},
                                             {"verify"},
                                             {"dlq", "release", "--entity", turning},
                                             {"gap", "skip", "--entity", turning},
                                             {"gap", "skip", "--entity", steering},
                                             {"events", "show", steering},
                                             {"attempts", steering},
                                             {"events", "trace", steering},
                                             {"dlq", "show", steering},
                                             {"dlq", "discard", "--event", steering}}) {
    CAPTURE(arguments.front());
    check_safe(run_dispatch(directory, arguments));
  }
}

TEST_CASE("an error text that quotes a payload steers neither the summary nor a snapshot nor the log") {
  const Receiver receiver;
  const TempDir directory;
  CHECK(run_dispatch(directory, {"subscription", "add", "s", "--url", receiver.url(), "--types", "*",
                                 "--transform", "error(.text)"})
            .exit_code == 0);
  for (const std::string format : {"text", "json"}) {
    Child run{directory, {"run", "-", "--log-level", "debug", "--log-format", format}};
    REQUIRE(
        run.write("{\"event_id\":\"" + format + "\",\"payload\":{\"text\":\"" + steering_json + "\"}}\n"));
    REQUIRE(run.err().wait_for("dead letter"));
    run.signal(SIGUSR1);
    REQUIRE(run.err().wait_for(format == "json" ? "\"message\":\"snapshot\"" : "in flight\n"));
    run.close_input();
    CHECK(run.exit_code() == 3);
    check_safe(run.err().all());
    check_safe(run.out().all());
  }
  check_safe(run_dispatch(directory, {"dlq", "list"}));
  check_safe(run_dispatch(directory, {"attempts", "text"}));
}

TEST_CASE("names of files and words of the command line do not steer a terminal") {
  const Receiver receiver;
  const TempDir directory;
  const std::string name = steering + "\xFF.jsonl";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"run", "missing " + name},
                                             {"run", "-", "--to", name},
                                             {"run", "-", "--field", name},
                                             {"run", "-", "--timeout", name},
                                             {"run", "-", "--subscriptions", name},
                                             {"run", "-", "--cacert", name},
                                             {"run", "-", "--proxy", name},
                                             {"run", "-", "--metrics-file", "no/" + name},
                                             {"run", "-", "--metrics-listen", name},
                                             {"status", "--journal", "no " + name},
                                             {"listen", "--host", name},
                                             {"subscription", "show", name},
                                             {"completion", name},
                                             {"--config", name, "status"},
                                             {"--" + name},
                                             {name}}) {
    const auto run = run_dispatch(directory, arguments);
    CAPTURE(arguments.back());
    CHECK(run.exit_code != 0);
    check_safe(run);
  }
  directory.write(name, event_line("e1", "X", 1, receiver.url()) + "no JSON\n");
  const auto run =
      run_dispatch(directory, {"run", name, "--journal", "of " + name, "--rejects", "rejects of " + name});
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "line 2: "));
  check_safe(run);
  for (const char* command : {"status", "verify"})
    check_safe(run_dispatch(directory, {command, "--journal", "of " + name}));
}

TEST_CASE("what a collector of traces answers does not steer a terminal") {
  const Receiver collector{[](const Received&, std::size_t) {
    Answer answer;
    answer.body = R"({"partialSuccess":{"rejectedSpans":"1","errorMessage":")" + steering_json + R"("}})";
    return answer;
  }};
  const Receiver receiver;
  const TempDir directory;
  const auto run =
      run_dispatch(directory, {"run", "-"}, event_line("e1", "X", 1, receiver.url()),
                   {.environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", collector.url("")}}, .program = {}});
  CHECK(run.exit_code == 0);
  CHECK(has(run.err, "it rejected 1 span(s): a\\u001b[2J"));
  check_safe(run);
}

TEST_CASE("a listener does not let requests steer a terminal") {
  const TempDir directory;
  Child listener{directory, {"listen", "--port", "0", "--body", "--count", "2"}};
  REQUIRE(listener.err().wait_for("\n"));
  const auto port = port_in(listener.err().text());
  REQUIRE(port != 0);
  const std::string body = "{}\n" + steering + "\x9B";
  for (const std::string& value : {std::string{"a\xC2\x9B"
                                               "2J" +
                                               turning},
                                   std::string{"a\x9B"
                                               "2J"}}) {
    const auto answer = ask(
        port,
        fmt::format("POST /{0} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {1}\r\n"
                    "Idempotency-Key: \"{0}\"\r\nX-Dispatch-Event-ID: {0}\r\nX-Dispatch-Entity-ID: {0}\r\n"
                    "X-Dispatch-Attempt: {0}\r\nX-Dispatch-Generation: {0}\r\n\r\n{2}",
                    value, body.size(), body));
    CHECK(answer.starts_with("HTTP/1.1 200 "));
  }
  CHECK(listener.exit_code() == 0);
  check_safe(listener.out().all());
  check_safe(listener.err().all());
  CHECK(has(listener.out().all(), "\n    a\\u001b[2J\n"));
}
