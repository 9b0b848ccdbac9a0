#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dispatch::test {

/// A span as a collector reads it.
struct OtlpSpan {
  std::string trace, id, parent, name;
  std::int64_t kind = 0;
  std::int64_t from = 0, until = 0;  ///< nanoseconds since the Unix epoch
  std::map<std::string, std::string> attributes;
  std::vector<std::string> links;  ///< the ids of spans, all of the same trace
  std::int64_t status = 0;
};

struct OtlpRequest {
  std::map<std::string, std::string> resource;
  std::vector<OtlpSpan> spans;
};

/// Reads an ExportTraceServiceRequest in JSON, as strictly as the OTLP specification allows: no unknown
/// field, ids of 32 and 16 lower-case hex digits that are not zero, 64-bit integers as strings of digits,
/// enums and flags as numbers, an end that is not before its begin. Throws std::runtime_error with what is
/// wrong.
OtlpRequest read_otlp(const std::string& body);

/// The spans of that name.
std::vector<OtlpSpan> named(const std::vector<OtlpSpan>& spans, const std::string& name);

}  // namespace dispatch::test
