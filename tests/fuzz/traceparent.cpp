// The traceparent header: what is read is valid by the letter, and is written as the first 55 characters were
// but for the version.

#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "tracing/trace_context.hpp"

#include <algorithm>
#include <array>
#include <string>

using namespace dispatch;
using namespace dispatch::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = Input{data, size}.rest();
  const auto context = tracing::parse_traceparent(header);
  if (!context) return 0;
  PROPERTY(*context && context->span != tracing::SpanId{});
  PROPERTY(header.size() == 55 || (header.size() > 55 && header[55] == '-' && !header.starts_with("00")));
  PROPERTY(!header.starts_with("ff"));
  PROPERTY(std::all_of(header.begin(), header.begin() + 55,
                       [](char c) { return c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));

  const auto written = tracing::traceparent(*context);
  PROPERTY(written == "00" + std::string{header.substr(2, 53)});
  PROPERTY(
      written.starts_with("00-" + tracing::hex(context->trace) + '-' + tracing::hex(context->span) + '-'));
  PROPERTY(tracing::parse_traceparent(written) == context);
  const std::array<std::int64_t, 2> numbers{1, static_cast<std::int64_t>(size)};
  PROPERTY(tracing::derived_span(*context, numbers) != tracing::SpanId{});
  return 0;
}
