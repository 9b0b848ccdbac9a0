#include "flow/tracer.hpp"

#include "support/fakes.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using flow::Tracer;
using policy::Sampler;

namespace {

const TraceContext sampled =
    parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
const TraceContext unsampled =
    parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").value();

ingest::Batch of(const std::vector<TraceContext>& parents) {
  ingest::Batch batch;
  for (const auto& parent : parents) batch.arrivals.emplace_back().parent = parent;
  return batch;
}

}  // namespace

TEST_CASE("an event without a parent starts a trace of its own") {
  Tracer tracer{Sampler{}, std::make_unique<SystemRandom>()};
  auto batch = of(std::vector<TraceContext>(100));
  tracer.trace(batch);
  std::set<TraceId> traces;
  std::set<SpanId> spans;
  for (const auto& arrival : batch.arrivals) {
    CHECK(arrival.trace.sampled());
    traces.insert(arrival.trace.trace);
    spans.insert(arrival.trace.span);
  }
  CHECK(traces.size() == 100);
  CHECK(spans.size() == 100);
}

TEST_CASE("an event with a parent stays in its trace in a span of its own") {
  Tracer tracer{Sampler{}, std::make_unique<FixedRandom>(0x1122334455667788)};
  auto batch = of({sampled, unsampled, {}});
  tracer.trace(batch);
  const auto& traced = batch.arrivals;
  CHECK(traceparent(traced[0].trace) == "00-4bf92f3577b34da6a3ce929d0e0e4736-1122334455667788-01");
  CHECK(traceparent(traced[1].trace) == "00-0af7651916cd43dd8448eb211c80319c-1122334455667788-00");
  CHECK(traceparent(traced[2].trace) == "00-11223344556677881122334455667788-1122334455667788-01");
  CHECK(traced[0].parent == sampled);
}

TEST_CASE("what a trace is flagged with is the sampler's") {
  Tracer tracer{Sampler::parse("always_off", "").value(), std::make_unique<FixedRandom>(1)};
  auto batch = of({sampled, {}});
  tracer.trace(batch);
  for (const auto& arrival : batch.arrivals) {
    CHECK(arrival.trace);
    CHECK_FALSE(arrival.trace.sampled());
  }
}
