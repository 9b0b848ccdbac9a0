// What a run tells a collector of traces, and what that costs the deliveries: nothing.

#include "support/network/loopback.hpp"
#include "support/otlp.hpp"
#include "system/program/scenario.hpp"

#include <algorithm>
#include <chrono>
#include <set>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// A collector that does as it is told.
Receiver::Script collecting(Answer answer = {}) {
  if (answer.body.empty()) answer.body = "{}";
  return [answer](const Received&, std::size_t) { return answer; };
}

std::vector<OtlpSpan> spans_at(const Receiver& collector) {
  std::vector<OtlpSpan> spans;
  for (const auto& request : collector.received()) {
    CHECK(request.target == "/v1/traces");
    const auto read = read_otlp(request.body);
    CHECK(read.resource.at("service.name") == "orders");
    CHECK(read.resource.at("deployment.environment") == "test");
    spans.insert(spans.end(), read.spans.begin(), read.spans.end());
  }
  return spans;
}

Child::Setup exporting_to(const std::string& url) {
  return {{{"OTEL_EXPORTER_OTLP_ENDPOINT", url},
           {"OTEL_SERVICE_NAME", "orders"},
           {"OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"}},
          {}};
}

struct Timed {
  Finished run;
  std::chrono::steady_clock::duration took;
};

/// A run of thirty events; `url` is the collector's.
Timed timed_run(const TempDir& directory, const Receiver& receiver, const std::string& url) {
  const auto begin = std::chrono::steady_clock::now();
  auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, streams(3, 10), exporting_to(url));
  return {std::move(run), std::chrono::steady_clock::now() - begin};
}

/// All was delivered, and the end was not held up.
void check_unharmed(const Timed& timed, const Receiver& receiver) {
  CHECK_MESSAGE(timed.run.exit_code == 0, timed.run.err);
  CHECK(receiver.count() == 30);
  CHECK(timed.took < 30s);  // of which the collector's part is a few seconds; the rest is a slow machine's
  std::size_t told = 0;
  for (const auto& line : lines_of(timed.run.err))
    if (has(line, "not all traces reach the collector")) ++told;
  CHECK(told <= 1);
}

}  // namespace

TEST_CASE("every event of a run has its spans in one trace and each request has the id that was sent") {
  const TempDir directory;
  const Receiver collector{collecting()};
  Receiver receiver{[](const Received& request, std::size_t nth) {
    Answer answer;
    if (id_of(request) == "E0-2" && nth == 1) answer.status = 503;
    return answer;
  }};
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto run = run_dispatch(
      directory, {"run", "-", "--to", receiver.url("/HIDDEN/hook?key=HIDDEN"), "--backoff", "50ms..50ms"},
      streams(2, 3) + R"({"event_id":"p","headers":{"traceparent":")" + parent +
          R"("},"payload":{"card":"HIDDEN"}})"
          "\n",
      exporting_to(collector.url("")));
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  const auto spans = spans_at(collector);
  CHECK(named(spans, "ingest").size() == 7);
  std::set<std::string> ids;
  for (const auto& span : spans) CHECK(ids.insert(span.trace + span.id).second);

  // What a receiver was told is a span, below the event's own and linked to it.
  const auto requests = named(spans, "POST");
  CHECK(requests.size() == receiver.count());
  for (const auto& received : receiver.received()) {
    const auto said = received.header("traceparent");
    REQUIRE(said);
    const auto found = std::find_if(requests.begin(), requests.end(), [&](const OtlpSpan& span) {
      return *said == "00-" + span.trace + "-" + span.id + "-01";
    });
    REQUIRE(found != requests.end());
    const auto ingests = named(spans, "ingest");
    const auto ingest = std::find_if(ingests.begin(), ingests.end(), [&](const OtlpSpan& span) {
      return span.trace == found->trace && span.id == found->parent;
    });
    REQUIRE(ingest != ingests.end());
    CHECK(found->links == std::vector<std::string>{ingest->id});
    CHECK(found->attributes.at("server.address") == "127.0.0.1");
    CHECK(found->attributes.at("url.full") == receiver.url(""));
  }
  // Whoever sent the event is the parent of all.
  const auto of_sender = named(spans, "ingest");
  const auto continued = std::find_if(of_sender.begin(), of_sender.end(), [](const OtlpSpan& span) {
    return span.attributes.at("dispatch.event_id") == "p";
  });
  REQUIRE(continued != of_sender.end());
  CHECK(continued->trace == "0af7651916cd43dd8448eb211c80319c");
  CHECK(continued->parent == "b7ad6b7169203331");
  CHECK(named(spans, "commit").size() >= 7);
  for (const auto& request : collector.received()) CHECK_FALSE(has(request.body, "HIDDEN"));
}

TEST_CASE("traces show the whole URL only where that was asked for") {
  const Receiver receiver;
  const auto url = receiver.url("/services/T0/secret?key=1");
  for (const std::string asked : {"", "origin", "whole"}) {
    const TempDir directory;
    const Receiver collector{collecting()};
    std::vector<std::string> arguments{"run", "-", "--to", url};
    if (!asked.empty()) arguments.insert(arguments.end(), {"--trace-url", asked});
    CHECK(run_dispatch(directory, arguments, event_line("e1", "X", 1), exporting_to(collector.url("")))
              .exit_code == 0);
    const auto requests = named(spans_at(collector), "POST");
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].attributes.at("url.full") == (asked == "whole" ? url : receiver.url("")));
  }
}

TEST_CASE("a trace that its sender does not record is not exported and is passed on") {
  const TempDir directory;
  const Receiver collector{collecting()};
  const Receiver receiver;
  const auto run = run_dispatch(
      directory, {"run", "-", "--to", receiver.url()},
      R"({"event_id":"p","headers":{"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}})"
      "\n",
      exporting_to(collector.url("")));
  CHECK(run.exit_code == 0);
  CHECK(collector.count() == 0);
  REQUIRE(receiver.count() == 1);
  CHECK(receiver.received()[0]
            .header("traceparent")
            .value_or("")
            .starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
}

TEST_CASE("a collector that is not there or answers rubbish costs no delivery") {
  std::uint16_t free_port = 0;
  {
    const auto taken = listen_at("127.0.0.1", 0);
    free_port = port_of(taken);
  }
  {
    const TempDir directory;
    const Receiver receiver;
    const auto timed = timed_run(directory, receiver, "http://127.0.0.1:" + std::to_string(free_port));
    check_unharmed(timed, receiver);
    CHECK(has(timed.run.err, "were not exported"));
  }
  Answer no_http, refuses, not_json;
  no_http.raw = "220 mail.example.com ESMTP\r\n\r\n";
  no_http.last = true;
  refuses.status = 404;
  not_json.body = "<html>";
  for (const auto& answer : {no_http, refuses, not_json}) {
    const TempDir directory;
    const Receiver receiver;
    const Receiver collector{collecting(answer)};
    const auto timed = timed_run(directory, receiver, collector.url(""));
    check_unharmed(timed, receiver);
    CHECK(collector.count() >= 1);
    CHECK(has(timed.run.err, "not all traces reach the collector"));
    CHECK(has(timed.run.err, "were not exported"));
  }
}

TEST_CASE("a collector that never answers costs no delivery and holds up the end for a few seconds") {
  const TempDir directory;
  const Receiver receiver;
  Answer held;
  held.manner = Answer::Manner::held;
  const Receiver collector{collecting(held)};
  const auto timed = timed_run(directory, receiver, collector.url(""));
  check_unharmed(timed, receiver);
  CHECK(has(timed.run.err, "were not exported"));
}

TEST_CASE("a collector that asks for patience gets the spans when it is ready") {
  const TempDir directory;
  const Receiver receiver{after(0ms)};
  const Receiver collector{[](const Received& request, std::size_t) {
    Answer answer;
    answer.body = "{}";
    if (request.number == 0) answer.status = 503;
    return answer;
  }};
  auto setup = exporting_to(collector.url(""));
  setup.environment["OTEL_BSP_SCHEDULE_DELAY"] = "10";
  Child run{directory, {"run", "-", "--to", receiver.url()}, setup};
  REQUIRE(run.write(streams(1, 1)));
  REQUIRE(collector.wait_for(2, patience));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK_FALSE(named(spans_at(collector), "ingest").empty());
}

TEST_CASE("what the environment says wrongly is refused before anything is sent") {
  const TempDir directory;
  const Receiver receiver;
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, streams(1, 1),
                                {{{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"}}, {}});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "OTEL_EXPORTER_OTLP_ENDPOINT is not an http or https URL"));
  CHECK(receiver.count() == 0);
}
