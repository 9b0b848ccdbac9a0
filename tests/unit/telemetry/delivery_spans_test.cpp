#include "telemetry/delivery_spans.hpp"

#include "support/otlp.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <mutex>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Reads what it is sent.
class Collector final : public tracing::SpanExporter {
 public:
  std::size_t send(std::string_view request, std::size_t count) override {
    const auto read = read_otlp(std::string{request});
    const std::scoped_lock lock{mutex_};
    ++requests;
    CHECK(read.spans.size() == count);
    spans.insert(spans.end(), read.spans.begin(), read.spans.end());
    return 0;
  }

  int requests = 0;
  std::vector<OtlpSpan> spans;

 private:
  std::mutex mutex_;
};

/// A dispatcher whose traces are exported.
class Traced {
 public:
  explicit Traced(const flow::RunOptions& options = {}, const telemetry::SpanBatches& batches = {})
      : fixture{options}, spans_{collector_, telemetry::OtlpJson{{}, "1"}, batches, {}} {
    fixture.observe(spans_);
  }
  /// The spans so far.
  std::vector<OtlpSpan> spans() {
    REQUIRE(spans_.drain(60s));
    return collector_.spans;
  }
  int requests() const { return collector_.requests; }
  telemetry::DeliverySpans& exported() { return spans_; }

  DispatcherFixture fixture;

 private:
  Collector collector_;
  telemetry::DeliverySpans spans_;
};

constexpr std::string_view remote = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

tracing::TraceContext ingest_of(std::uint8_t number,
                                std::uint8_t flags = tracing::TraceContext::sampled_flag) {
  auto context = *tracing::parse_traceparent(remote);
  context.trace.back() = number;
  context.span = tracing::SpanId{9, 9, 9, 9, 9, 9, 9, number};
  context.flags = flags;
  return context;
}

Line traced(const std::string& id, const std::string& entity, std::int64_t sequence, std::uint8_t number) {
  Line line{id, entity, sequence, "http://a.test:8080/hook?key=HIDDEN"};
  line.trace = ingest_of(number);
  return line;
}

double seconds(const OtlpSpan& span) {
  return 1e-9 * static_cast<double>(span.until - span.from);
}

}  // namespace

TEST_CASE("an event that is delivered at once is taken in and committed and requested in one trace") {
  Traced traced_run;
  auto line = traced("e", "x", 1, 1);
  line.parent = ingest_of(1);
  line.parent.span = tracing::SpanId{7, 7, 7, 7, 7, 7, 7, 7};
  traced_run.fixture.arrive({line});
  traced_run.fixture.play();
  traced_run.fixture.answer("e", 200);
  const auto spans = traced_run.spans();
  REQUIRE(spans.size() == 3);
  for (const auto& span : spans) CHECK(span.trace == tracing::hex(ingest_of(1).trace));

  const auto ingest = named(spans, "ingest").at(0);
  CHECK(ingest.id == tracing::hex(ingest_of(1).span));
  CHECK(ingest.parent == "0707070707070707");
  CHECK(ingest.kind == 5);
  CHECK(ingest.attributes.at("dispatch.event_id") == "e");
  CHECK(ingest.attributes.at("dispatch.entity_id") == "x");

  const auto commit = named(spans, "commit").at(0);
  CHECK(commit.parent == ingest.id);
  CHECK(commit.kind == 1);

  const auto request = named(spans, "POST").at(0);
  CHECK(request.id == tracing::hex(traced_run.fixture.transport.sent().at(0).trace.span));
  CHECK(request.parent == ingest.id);
  CHECK(request.links == std::vector<std::string>{ingest.id});
  CHECK(request.kind == 3);
  CHECK(request.status == 0);
  CHECK(request.attributes.at("http.request.method") == "POST");
  CHECK(request.attributes.at("http.response.status_code") == "200");
  CHECK(request.attributes.at("server.address") == "a.test");
  CHECK(request.attributes.at("server.port") == "8080");
  CHECK(request.attributes.at("url.full") == "http://a.test:8080");
}

TEST_CASE("an attempt has the name and the attributes that its transport gives it") {
  class Publishing final : public delivery::SpanProtocol {
   public:
    std::string_view name() const override { return "publish"; }
    tracing::SpanKind kind() const override { return tracing::SpanKind::producer; }
    void describe(const delivery::AttemptFacts& attempt, tracing::SpanAttributes& attributes) const override {
      attributes.add("messaging.system", "broker");
      if (attempt.failed) attributes.add_copy("error.type", std::to_string(attempt.code));
    }
  };
  const Publishing publishing;
  Traced traced_run;
  traced_run.fixture.transport.speak(publishing);
  traced_run.fixture.arrive({traced("e", "x", 1, 1)});
  traced_run.fixture.play();
  traced_run.fixture.end("e", declined(10071, "NATS 10071: wrong last sequence"));
  traced_run.fixture.tick(2s);
  traced_run.fixture.end("e", acknowledged());
  const auto spans = traced_run.spans();
  CHECK(named(spans, "POST").empty());
  const auto attempts = named(spans, "publish");
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].kind == 4);
  CHECK(attempts[0].attributes.at("messaging.system") == "broker");
  CHECK(attempts[0].attributes.at("error.type") == "10071");
  CHECK(attempts[0].attributes.at("dispatch.event_id") == "e");
  CHECK_FALSE(attempts[0].attributes.contains("http.request.method"));
  CHECK_FALSE(attempts[1].attributes.contains("error.type"));
}

TEST_CASE("what is waited for has spans with its reason and a second attempt one of its own") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  options.retry.backoff_first = 4s;
  options.retry.jitter = 0;
  Traced traced_run{options};
  DispatcherFixture& fixture = traced_run.fixture;
  fixture.arrive({traced("a1", "a", 1, 1), traced("a2", "a", 2, 2)});
  fixture.play();
  fixture.tick(1s);
  fixture.answer("a1", 500);
  fixture.tick(4s);
  fixture.answer("a1", 200);
  fixture.answer("a2", 200);
  const auto spans = traced_run.spans();
  const auto retry = named(spans, "wait retry");
  REQUIRE(retry.size() == 1);
  CHECK(seconds(retry[0]) == doctest::Approx(4));
  CHECK(retry[0].trace == tracing::hex(ingest_of(1).trace));
  const auto order = named(spans, "wait order");
  REQUIRE(order.size() == 1);
  CHECK(seconds(order[0]) == doctest::Approx(5));
  CHECK(order[0].trace == tracing::hex(ingest_of(2).trace));
  CHECK(order[0].parent == tracing::hex(ingest_of(2).span));

  const auto requests = named(spans, "POST");
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].status == 2);
  CHECK(requests[0].attributes.at("error.type") == "500");
  CHECK(requests[1].attributes.at("http.request.resend_count") == "1");
  CHECK(requests[0].id != requests[1].id);
  CHECK(requests[0].parent == requests[1].parent);
}

TEST_CASE("what is not recorded is not exported") {
  Traced traced_run;
  auto line = traced("e", "x", 1, 1);
  line.trace.flags = 0;
  traced_run.fixture.arrive({line, {"f", "y", 1}});
  traced_run.fixture.play();
  traced_run.fixture.answer("e", 200);
  traced_run.fixture.answer("f", 200);
  CHECK(traced_run.spans().empty());
  CHECK(traced_run.requests() == 0);
}

TEST_CASE("spans are sent in batches and what there is no room for is counted") {
  telemetry::SpanBatches batches;
  batches.batch = 10;
  Traced traced_run{{}, batches};
  std::vector<Line> lines;
  for (std::uint8_t i = 1; i <= 40; ++i) lines.push_back(traced("e" + std::to_string(i), "", 1, i));
  traced_run.fixture.arrive(lines);
  traced_run.fixture.play();
  CHECK(named(traced_run.spans(), "ingest").size() == 40);
  CHECK(traced_run.requests() == 8);
  CHECK(traced_run.exported().dropped() == 0);

  batches.queue = 5;
  batches.delay = 1h;
  Traced small{{}, batches};
  small.fixture.arrive(lines);
  small.fixture.play();
  CHECK(small.exported().dropped() >= 30);
  CHECK(named(small.spans(), "ingest").size() + small.exported().dropped() == 40);
}
