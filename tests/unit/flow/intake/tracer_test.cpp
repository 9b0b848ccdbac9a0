#include "flow/intake/tracer.hpp"

#include <array>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

using namespace dispatch;
using flow::Tracer;
using tracing::Sampler;

namespace {

const tracing::TraceContext sampled =
    tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
const tracing::TraceContext unsampled =
    tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").value();

constexpr tracing::TraceSeed seed{7};
constexpr std::array<std::string_view, 3> ids{"a", "b", "c"};

ingest::Batch of(const std::vector<tracing::TraceContext>& parents) {
  ingest::Batch batch;
  for (const auto& parent : parents) {
    auto& arrival = batch.arrivals.emplace_back();
    arrival.event_id = ids.at(batch.arrivals.size() - 1);
    arrival.parent = parent;
  }
  return batch;
}

}  // namespace

TEST_CASE("an event without a parent starts a trace of its own") {
  Tracer tracer{Sampler{}, seed};
  auto batch = of(std::vector<tracing::TraceContext>(3));
  tracer.trace(batch);
  std::set<tracing::TraceId> traces;
  std::set<tracing::SpanId> spans;
  for (const auto& arrival : batch.arrivals) {
    CHECK(arrival.trace.sampled());
    CHECK(arrival.starts_trace == true);
    traces.insert(arrival.trace.trace);
    spans.insert(arrival.trace.span);
  }
  CHECK(traces.size() == 3);
  CHECK(spans.size() == 3);
}

TEST_CASE("an event with a parent stays in its trace in a span of its own") {
  Tracer tracer{Sampler{}, seed};
  auto batch = of({sampled, unsampled, {}});
  tracer.trace(batch);
  const auto& traced = batch.arrivals;
  CHECK(traced[0].trace ==
        tracing::TraceContext{sampled.trace, tracing::started_trace(seed, "a", 0).span, 1});
  CHECK(traced[1].trace ==
        tracing::TraceContext{unsampled.trace, tracing::started_trace(seed, "b", 0).span, 0});
  CHECK(traced[2].trace == tracing::started_trace(seed, "c", 1));
  CHECK(traced[0].parent == sampled);
  CHECK(traced[0].starts_trace == false);
  CHECK(traced[2].starts_trace == true);
}

TEST_CASE("what a trace is flagged with is the sampler's") {
  Tracer tracer{Sampler::parse("always_off", "").value(), seed};
  auto batch = of({sampled, {}});
  tracer.trace(batch);
  for (const auto& arrival : batch.arrivals) {
    CHECK(arrival.trace);
    CHECK_FALSE(arrival.trace.sampled());
  }
}
