#include "unit/ingest/reading.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include <doctest/doctest.h>

namespace dispatch::test {

Reading read_files(std::vector<std::string> paths, ingest::ReaderOptions options) {
  Reading reading;
  auto reader = ingest::Reader::open(std::move(paths), std::move(options), {});
  if (!reader) {
    reading.error = reader.error();
    return reading;
  }
  while (true) {
    auto batch = reader->next();
    if (!batch) {
      reading.error = batch.error();
      return reading;
    }
    if (!*batch) return reading;
    reading.batches.push_back(std::move(**batch));
    auto& read = reading.batches.back();
    reading.events.insert(reading.events.end(), read.arrivals.begin(), read.arrivals.end());
    reading.origins.insert(reading.origins.end(), read.origins.begin(), read.origins.end());
    std::move(read.rejects.begin(), read.rejects.end(), std::back_inserter(reading.rejects));
    reading.warnings.insert(reading.warnings.end(), read.warnings.begin(), read.warnings.end());
    reading.unread.insert(reading.unread.end(), read.unread.begin(), read.unread.end());
    reading.blank += read.blank;
    reading.bytes += read.bytes;
  }
}

Reading read_text(std::string_view text, ingest::ReaderOptions options) {
  const TempDir dir;
  return read_files({dir.write("events.jsonl", text)}, std::move(options));
}

bool keeps(ingest::RejectSink& sink, const ingest::Reject& reject) {
  const auto kept = sink.keep({&reject, 1});
  REQUIRE(kept.has_value());
  return *kept == 1;
}

ingest::ReaderOptions mapped(std::vector<std::string> fields) {
  auto mapping = ingest::Mapping::parse(fields);
  REQUIRE(mapping.has_value());
  ingest::ReaderOptions options;
  options.mapping = std::move(*mapping);
  return options;
}

std::string whole_reason(std::string_view line, ingest::ReaderOptions options) {
  const auto reading = read_text(std::string{line} + "\n", std::move(options));
  REQUIRE(!reading.error);
  REQUIRE(reading.rejects.size() + reading.events.size() == 1);
  return reading.rejects.empty() ? "" : reading.rejects[0].reason;
}

std::string reason(std::string_view line, ingest::ReaderOptions options) {
  const auto whole = whole_reason(line, std::move(options));
  return whole.substr(0, whole.find("; if it means something else"));
}

}  // namespace dispatch::test
