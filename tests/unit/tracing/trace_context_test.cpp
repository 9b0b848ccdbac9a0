#include "tracing/trace_context.hpp"

#include <set>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;

namespace {

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

}  // namespace

TEST_CASE("the traceparent examples of the recommendation are read") {
  const auto sampled = tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  REQUIRE(sampled);
  CHECK(*sampled);
  CHECK(tracing::hex(sampled->trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(tracing::hex(sampled->span) == "00f067aa0ba902b7");
  CHECK(sampled->sampled());
  const auto unsampled =
      tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
  REQUIRE(unsampled);
  CHECK_FALSE(unsampled->sampled());
}

TEST_CASE("a traceparent that is read is written as it was") {
  const auto context = tracing::parse_traceparent(example);
  REQUIRE(context);
  CHECK(tracing::traceparent(*context) == example);
}

TEST_CASE("no trace is told from one") {
  CHECK_FALSE(tracing::TraceContext{});
  tracing::TraceContext context;
  context.trace[15] = 1;
  CHECK(context);
}

TEST_CASE("flags that are not known do not hide that a trace is sampled") {
  CHECK(tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff")->sampled());
  CHECK_FALSE(
      tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe")->sampled());
}

TEST_CASE("of a later version the known parts are read") {
  CHECK(tracing::parse_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  CHECK(tracing::parse_traceparent(
      "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings"));
  CHECK(tracing::parse_traceparent("fe-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-"));
  CHECK_FALSE(tracing::parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what"));
  CHECK_FALSE(tracing::parse_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011"));
}

TEST_CASE("what is no traceparent is none") {
  for (const char* header :
       {"",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",        // without flags
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",      // cut
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",    // more than version 00 has
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",    //
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",    //
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",     // the version that is none
        "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",     //
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",     // no trace
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",     // no span
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",     // upper case
        "00-0af7651916cd43dd8448eb211c80319c-B7ad6b7169203331-01",     //
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",     //
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",     // no hex
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",     //
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",     // no dash
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",     //
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",     //
        "00-0af7651916cd43dd8448eb211c8031-9c0b7ad6b7169203331-01",    // a dash elsewhere
        "00-12345678901234567890123456789012-1234567890123456-.1"}) {  //
    CAPTURE(header);
    CHECK_FALSE(tracing::parse_traceparent(header));
  }
}

TEST_CASE("an event starts the same trace each time and another than other events and journals") {
  const tracing::TraceSeed seed{1, 2, 3}, other{1, 2, 4};
  // Most of it is not stored but computed again: it never changes.
  CHECK(tracing::traceparent(tracing::started_trace(seed, "evt-1", 1)) ==
        "00-c804bef2b1deae11eb7f8f3879d59351-06fa8badd3186e61-01");
  CHECK(tracing::started_trace(seed, "evt-1", 0).trace == tracing::started_trace(seed, "evt-1", 1).trace);
  std::set<tracing::TraceId> traces;
  std::set<tracing::SpanId> spans;
  for (const auto& trace :
       {tracing::started_trace(seed, "evt-1", 1), tracing::started_trace(seed, "evt-2", 1),
        tracing::started_trace(other, "evt-1", 1), tracing::started_trace(seed, "", 1)}) {
    CHECK(trace);
    traces.insert(trace.trace);
    spans.insert(trace.span);
  }
  CHECK(traces.size() == 4);
  CHECK(spans.size() == 4);
}

TEST_CASE("a derived span is the same each time and another for every number that differs") {
  const auto context = tracing::parse_traceparent(example).value();
  const auto span = [](const tracing::TraceContext& above, std::vector<std::int64_t> numbers) {
    return tracing::derived_span(above, numbers);
  };
  // What older journals' attempts were sent under is told by computing it again: these never change.
  CHECK(tracing::hex(span(context, {0, 1, 0, 1})) == "653a9669a6c9a8e2");
  CHECK(tracing::hex(span(context, {})) == "c4d5402b18edd79e");

  std::set<tracing::SpanId> seen{context.span};
  std::size_t made = 1;
  for (std::int64_t queue : {0, 1, 2})
    for (std::int64_t position : {1, 2, 256})
      for (std::int64_t attempt : {1, 2, 3}) {
        seen.insert(span(context, {queue, position, attempt}));
        ++made;
      }
  CHECK(seen.size() == made);

  SUBCASE("and for every event of one trace") {
    tracing::TraceContext other = context;
    other.span[7] ^= 1;
    CHECK(span(other, {0, 1}) != span(context, {0, 1}));
  }
  SUBCASE("and for every trace") {
    tracing::TraceContext other = context;
    other.trace[0] ^= 1;
    CHECK(span(other, {0, 1}) != span(context, {0, 1}));
  }
  SUBCASE("but whatever the flags") {
    tracing::TraceContext other = context;
    other.flags = 0;
    CHECK(span(other, {0, 1}) == span(context, {0, 1}));
  }
}
