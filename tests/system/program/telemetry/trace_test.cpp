// Traces, from the line of an event to what its receiver gets.

#include "system/program/scenario.hpp"
#include "tracing/trace_context.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

constexpr std::string_view sampled_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view unsampled_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

std::string line_with(const std::string& id, const std::string& headers) {
  return fmt::format(R"({{"event_id":"{}","headers":{},"payload":{{}}}})"
                     "\n",
                     id, headers);
}

/// Where the request says it is.
tracing::TraceContext trace_of(const Received& request) {
  const auto header = request.header("traceparent");
  REQUIRE(header);
  const auto context = tracing::parse_traceparent(*header);
  REQUIRE_MESSAGE(context, *header);
  return *context;
}

/// Those of the requests for one event, in the order in which they came.
std::vector<tracing::TraceContext> traces_of(const Receiver& receiver, const std::string& id) {
  std::vector<tracing::TraceContext> traces;
  for (const auto& request : receiver.received())
    if (id_of(request) == id) traces.push_back(trace_of(request));
  return traces;
}

/// That they are of one trace, each a span of its own; gives its id.
std::string one_trace(const std::vector<tracing::TraceContext>& traces) {
  std::set<tracing::SpanId> spans;
  for (const auto& one : traces) {
    CHECK(one.trace == traces.at(0).trace);
    CHECK(spans.insert(one.span).second);
  }
  return tracing::hex(traces.at(0).trace);
}

Receiver::Script failing(std::size_t first) {
  return [first](const Received&, std::size_t nth) { return Answer{.status = nth <= first ? 503 : 200}; };
}

Child::Setup with(std::map<std::string, std::string> environment) {
  return {.environment = std::move(environment), .program = {}};
}

}  // namespace

TEST_CASE("an event without a trace starts one and each attempt is a span of its own over a restart") {
  const TempDir directory;
  const Receiver receiver{failing(3)};
  const auto events = event_line("a", "A", 1) + event_line("b", "B", 1);
  const auto run = [&](const std::string& input) {
    return run_dispatch(
        directory, {"run", "-", "--to", receiver.url(), "--attempts", "2", "--backoff", "1ms..2ms"}, input);
  };
  CHECK(run(events).exit_code == 3);
  REQUIRE(run_dispatch(directory, {"dlq", "release", "--all"}).exit_code == 0);
  CHECK(run(events).exit_code == 0);  // the same events again: duplicates, whose traces are known
  REQUIRE(run_dispatch(directory, {"replay", "--all"}).exit_code == 0);
  CHECK(run("").exit_code == 0);

  const auto a = traces_of(receiver, "a"), b = traces_of(receiver, "b");
  REQUIRE(a.size() == 5);
  REQUIRE(b.size() == 5);
  for (const auto& trace : a) CHECK(trace.flags == tracing::TraceContext::sampled_flag);
  const auto id = one_trace(a);
  CHECK(one_trace(b) != id);

  auto told = lines_of(run_dispatch(directory, {"attempts", "--json", "a"}).out);
  std::erase_if(told, [](const std::string& line) { return !has(line, "\"attempt\":"); });  // the release
  REQUIRE(told.size() == 5);
  for (std::size_t i = 0; i < told.size(); ++i) {
    CHECK(text_under("trace_id", told[i]) == id);
    CHECK(text_under("span_id", told[i]) == tracing::hex(a[i].span));
  }
  const auto attempts = run_dispatch(directory, {"attempts", "a"}).out;
  CHECK(attempts.starts_with("trace " + id + "\n"));
  CHECK(has(attempts, tracing::hex(a[4].span)));
  CHECK(has(run_dispatch(directory, {"events", "show", "a"}).out, id));
  CHECK(has(run_dispatch(directory, {"events", "show", "--json", "a"}).out, "\"trace_id\":\"" + id + "\""));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what is sent again after a crash stays in its trace") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t nth) {
    return Answer{.manner = nth == 1 ? Answer::Manner::held : Answer::Manner::whole};
  }};
  {
    Child killed{directory, {"run", "-", "--to", receiver.url()}};
    REQUIRE(killed.write(line_with("a", fmt::format(R"({{"traceparent":"{}"}})", sampled_parent))));
    REQUIRE(receiver.wait_for(1));
    killed.signal(SIGKILL);
    REQUIRE(killed.wait());
  }
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto traces = traces_of(receiver, "a");
  REQUIRE(traces.size() == 2);
  CHECK(one_trace(traces) == "4bf92f3577b34da6a3ce929d0e0e4736");
  receiver.release();
}

TEST_CASE("an event with a traceparent stays in its trace wherever it goes") {
  const TempDir directory;
  const Receiver receiver;
  for (const char* name : {"one", "two"})
    REQUIRE(run_dispatch(directory, {"subscription", "add", name, "--url", receiver.url(), "--types", "*",
                                     "--header", "tracestate: theirs=1"})
                .exit_code == 0);
  const auto input =
      line_with("s", fmt::format(R"({{"TraceParent":"{}","tracestate":"a=b"}})", sampled_parent)) +
      line_with("u", fmt::format(R"({{"traceparent":"{}"}})", unsampled_parent));
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, input).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"run"}).exit_code == 0);

  const auto sampled = traces_of(receiver, "s"), unsampled = traces_of(receiver, "u");
  REQUIRE(sampled.size() == 2);
  REQUIRE(unsampled.size() == 2);
  CHECK(one_trace(sampled) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(one_trace(unsampled) == "0af7651916cd43dd8448eb211c80319c");
  for (const auto& request : receiver.received()) {
    const auto trace = trace_of(request);
    const bool of_sampled = id_of(request) == "s";
    CHECK(tracing::hex(trace.span) != (of_sampled ? "00f067aa0ba902b7" : "b7ad6b7169203331"));
    CHECK(trace.sampled() == of_sampled);
    CHECK(request.header("tracestate") == (of_sampled ? std::optional<std::string>{"a=b"} : std::nullopt));
  }
}

TEST_CASE("what is no traceparent is passed over and a new trace started") {
  const TempDir directory;
  const Receiver receiver;
  const std::vector<std::string> invalid{"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                         "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                         "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "junk"};
  std::string input;
  for (const auto& header : invalid)
    input += line_with("e" + std::to_string(input.size()),
                       fmt::format(R"({{"traceparent":"{}","tracestate":"a=b"}})", header));
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input);
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  const auto received = receiver.received();
  REQUIRE(received.size() == invalid.size());
  std::set<tracing::TraceId> traces;
  for (const auto& request : received) {
    const auto trace = trace_of(request);
    CHECK(trace.sampled());
    CHECK(tracing::hex(trace.trace) != "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(traces.insert(trace.trace).second);
    CHECK_FALSE(request.header("tracestate"));
  }
}

TEST_CASE("with tracing switched off headers pass as they came and no trace is started") {
  const TempDir directory;
  const Receiver receiver;
  const auto input =
      line_with("own", fmt::format(R"({{"traceparent":"{}","tracestate":"a=b"}})", sampled_parent)) +
      line_with("junk", R"({"traceparent":"junk"})") + event_line("none", "A", 1);
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input,
                                with({{"OTEL_SDK_DISABLED", "TRUE"}, {"OTEL_TRACES_SAMPLER", "none there"}}));
  CHECK_MESSAGE(run.exit_code == 0, run.err);
  const auto received = receiver.received();
  REQUIRE(received.size() == 3);
  for (const auto& request : received) {
    const auto id = id_of(request);
    const auto header = request.header("traceparent");
    if (id == "own") {
      CHECK(header == std::string{sampled_parent});
      CHECK(request.header("tracestate") == "a=b");
    } else if (id == "junk") {
      CHECK(header == "junk");
    } else {
      CHECK_FALSE(header);
    }
  }
  const auto shown = run_dispatch(directory, {"events", "show", "--json", "own"}).out;
  CHECK(has(shown, "\"trace_id\":null"));
  CHECK_FALSE(run_dispatch(directory, {"attempts", "own"}).out.starts_with("trace"));
}

TEST_CASE("a sampler decides what a trace is flagged with") {
  const auto input = line_with("new", "{}") +
                     line_with("sampled", fmt::format(R"({{"traceparent":"{}"}})", sampled_parent)) +
                     line_with("unsampled", fmt::format(R"({{"traceparent":"{}"}})", unsampled_parent));
  struct Case {
    std::string sampler, argument;
    std::set<std::string> taken;
  };
  for (const auto& [sampler, argument, taken] : std::vector<Case>{
           {"", "", {"new", "sampled"}},
           {"always_on", "", {"new", "sampled", "unsampled"}},
           {"always_off", "", {}},
           {"parentbased_always_off", "", {"sampled"}},
           {"parentbased_traceidratio", "0", {"sampled"}},
           {"traceidratio", "1", {"new", "sampled", "unsampled"}},
       }) {
    CAPTURE(sampler);
    const TempDir directory;
    const Receiver receiver;
    const auto run =
        run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input,
                     with({{"OTEL_TRACES_SAMPLER", sampler}, {"OTEL_TRACES_SAMPLER_ARG", argument}}));
    REQUIRE_MESSAGE(run.exit_code == 0, run.err);
    std::set<std::string> seen;
    for (const auto& request : receiver.received())
      if (trace_of(request).sampled()) seen.insert(id_of(request));
    CHECK(receiver.count() == 3);
    CHECK(seen == taken);
  }
}

TEST_CASE("a sampler that there is not is refused before anything is written") {
  for (const char* command : {"run", "ingest"}) {
    const TempDir directory;
    const auto refused = [&](const std::string& sampler, const std::string& argument) {
      const auto run =
          run_dispatch(directory, {command, "-", "--to", "http://127.0.0.1:9/"}, event_line("a", "A", 1),
                       with({{"OTEL_TRACES_SAMPLER", sampler}, {"OTEL_TRACES_SAMPLER_ARG", argument}}));
      CHECK(run.exit_code == 2);
      return run.err;
    };
    CHECK(has(refused("sometimes", ""), "OTEL_TRACES_SAMPLER is 'sometimes'"));
    CHECK(has(refused("traceidratio", "2"), "OTEL_TRACES_SAMPLER_ARG is '2'"));
    CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
  }
}
