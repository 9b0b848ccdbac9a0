#include "tracing/sampler.hpp"

#include <random>

#include <doctest/doctest.h>

using namespace dispatch;
using tracing::Sampler;

namespace {

const auto sampled = tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
const auto unsampled = tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");

Sampler sampler(std::string_view name, std::string_view argument = {}) {
  return Sampler::parse(name, argument).value();
}

tracing::TraceId ending_in(std::uint64_t low) {
  tracing::TraceId id{};
  id[0] = 1;
  for (std::size_t i = 16; i-- > 8; low >>= 8) id[i] = static_cast<std::uint8_t>(low);
  return id;
}

}  // namespace

TEST_CASE("every trace is sampled unless its parent says otherwise") {
  for (const Sampler& one : {Sampler{}, sampler(""), sampler("parentbased_always_on")}) {
    CHECK(one.samples(ending_in(1), std::nullopt));
    CHECK(one.samples(sampled->trace, sampled));
    CHECK_FALSE(one.samples(unsampled->trace, unsampled));
  }
}

TEST_CASE("a sampler that is not by parent does not ask it") {
  CHECK(sampler("always_on").samples(unsampled->trace, unsampled));
  CHECK(sampler("always_on").samples(ending_in(1), std::nullopt));
  CHECK_FALSE(sampler("always_off").samples(sampled->trace, sampled));
  CHECK_FALSE(sampler("always_off").samples(ending_in(1), std::nullopt));
  CHECK_FALSE(sampler("traceidratio", "0").samples(sampled->trace, sampled));
  CHECK(sampler("traceidratio", "1").samples(unsampled->trace, unsampled));
}

TEST_CASE("a sampler by parent decides itself only where a trace begins") {
  const auto off = sampler("parentbased_always_off");
  CHECK(off.samples(sampled->trace, sampled));
  CHECK_FALSE(off.samples(ending_in(1), std::nullopt));
  const auto half = sampler("parentbased_traceidratio", "0.5");
  CHECK(half.samples(ending_in(~std::uint64_t{0}), sampled));
  CHECK_FALSE(half.samples(ending_in(0), unsampled));
  CHECK_FALSE(half.samples(ending_in(~std::uint64_t{0}), std::nullopt));
  CHECK(half.samples(ending_in(0), std::nullopt));
}

TEST_CASE("a ratio goes by the lower bytes of the trace id") {
  const auto quarter = sampler("traceidratio", "0.25");
  constexpr std::uint64_t bound = std::uint64_t{1} << 61;
  CHECK(quarter.samples(ending_in(bound - 1), std::nullopt));
  CHECK_FALSE(quarter.samples(ending_in(bound), std::nullopt));
  const auto all = sampler("traceidratio");
  CHECK(all.samples(ending_in(~std::uint64_t{0}), std::nullopt));
}

TEST_CASE("a ratio takes its share of random traces and all of what a smaller one takes") {
  std::mt19937_64 engine{20260301};
  const auto tenth = sampler("traceidratio", "0.1"), third = sampler("traceidratio", "0.333");
  int taken = 0;
  constexpr int traces = 20'000;
  for (int i = 0; i < traces; ++i) {
    const auto id = ending_in(engine());
    if (tenth.samples(id, std::nullopt)) {
      ++taken;
      CHECK(third.samples(id, std::nullopt));
    }
  }
  CHECK(taken == doctest::Approx(traces * 0.1).epsilon(0.1));
}

TEST_CASE("a sampler that there is not is misuse that names the variable") {
  for (const char* name : {"jaeger_remote", "ALWAYS_ON", "parentbased_", "parentbased", "on"}) {
    CAPTURE(name);
    const auto refused = Sampler::parse(name, "");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().failure == Failure::usage);
    CHECK(refused.error().message.find("OTEL_TRACES_SAMPLER is") == 0);
  }
  for (const char* argument : {"1.1", "-0.1", "half", "0.5 ", " 0.5", "nan", "0,5", "1e999"}) {
    CAPTURE(argument);
    const auto refused = Sampler::parse("parentbased_traceidratio", argument);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().failure == Failure::usage);
    CHECK(refused.error().message.find("OTEL_TRACES_SAMPLER_ARG is") == 0);
  }
  // The argument of another sampler means nothing.
  CHECK(Sampler::parse("always_on", "half"));
}
