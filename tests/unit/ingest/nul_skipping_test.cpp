// A log that is truncated while its writer goes on begins with NULs, up to where the writer stood.

#include "ingest/source/nul_skipping_source.hpp"
#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

struct Drained {
  std::string text;
  std::vector<std::string> warnings;
  bool operator==(const Drained&) const = default;
};

Drained drain(std::string bytes, std::size_t step, std::size_t size) {
  Drained drained;
  ingest::NulSkippingSource source{
      std::make_unique<PiecesSource>(std::move(bytes), step),
      [&](std::string message) { drained.warnings.push_back(std::move(message)); }};
  std::string buffer(size, '\0');
  while (true) {
    if (step % 2 == 0) source.ready();
    const auto got = source.read(buffer);
    REQUIRE(got.has_value());
    if (*got == 0) return drained;
    drained.text += buffer.substr(0, *got);
  }
}

std::string nuls(std::size_t count) {
  return std::string(count, '\0');
}

std::string skipped(std::size_t count, std::size_t at) {
  return fmt::format(
      "pieces: {} NUL bytes at byte {} were skipped, as in a log that was truncated while it was written; "
      "the rest is read",
      count, at);
}

}  // namespace

TEST_CASE("sixteen NULs or more at the start of a line are skipped and all others stay") {
  for (const std::size_t step : {1, 2, 15, 16, 17, 1000})
    for (const std::size_t size : {1, 16, 1000}) {
      CAPTURE(step);
      CAPTURE(size);
      CHECK(drain(nuls(16) + "a\n", step, size) == Drained{"a\n", {skipped(16, 1)}});
      CHECK(drain(nuls(15) + "a\n", step, size) == Drained{nuls(15) + "a\n", {}});
      CHECK(drain("a" + nuls(40) + "b\n", step, size) == Drained{"a" + nuls(40) + "b\n", {}});
      CHECK(drain("a\n" + nuls(40) + "b\n" + nuls(3) + "c", step, size) ==
            Drained{"a\nb\n" + nuls(3) + "c", {skipped(40, 3)}});
      CHECK(drain("a\n" + nuls(40), step, size) == Drained{"a\n", {skipped(40, 3)}});
      CHECK(drain("a\n" + nuls(4), step, size) == Drained{"a\n" + nuls(4), {}});
      CHECK(drain(nuls(20) + "\n" + nuls(20) + "\n", step, size) ==
            Drained{"\n\n", {skipped(20, 1), skipped(20, 22)}});
      CHECK(drain("", step, size) == Drained{"", {}});
    }
}

TEST_CASE("many runs of NULs have five warnings and one for all others") {
  std::string text;
  for (int i = 0; i < 9; ++i) text += nuls(16) + "a\n";
  const auto drained = drain(text, 7, 100);
  REQUIRE(drained.warnings.size() == 6);
  CHECK(drained.warnings[5] == "pieces: NUL bytes were skipped at 4 more places");
}

TEST_CASE("a log that was truncated while it was written is read from where its writer stood") {
  const TempDir dir;
  const auto path = dir.write("app.log", nuls(3'000'000) + "{\"event_id\":\"a\"}\n" + nuls(3) +
                                             "{\"event_id\":\"b\"}\n{\"event_id\":\"c\"}\n");
  const auto read = read_files({path});
  CHECK(!read.error);
  REQUIRE(read.events.size() == 2);
  CHECK(read.origins[0].number == 1);
  CHECK(read.events[1].event_id == "c");
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.number == 2);
  CHECK(read.rejects[0].reason == "byte 1 is NUL, which JSON cannot hold");
  CHECK(read.warnings.size() == 1);
}

TEST_CASE("input that is nothing but NULs has no events and is no error") {
  const auto read = read_text(nuls(100'000));
  CHECK(!read.error);
  CHECK(read.events.empty());
  CHECK(read.rejects.empty());
  CHECK(read.warnings.size() == 1);
}
