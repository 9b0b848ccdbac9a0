// Time follows the length of the text, however slowly it comes. Counted in the time of the processor that the
// thread has used, so that a busy machine does not matter.

#include "ingest/format/format_detector.hpp"
#include "ingest/framing/sequence_frames.hpp"
#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

constexpr std::size_t step = 512;
constexpr std::size_t size = std::size_t{64} * 1024;
constexpr std::size_t larger = 8;

double processor_seconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// How many times longer `work` takes for a text that is eight times as long: 8 where its time is linear, 64
/// where it is quadratic. The least of three, as something else may come between.
template <class Work>
double growth(Work work) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const double begin = processor_seconds();
    work(size);
    const double middle = processor_seconds();
    work(size * larger);
    least = std::min(least, (processor_seconds() - middle) / (middle - begin));
  }
  return least;
}

void detect(const std::string& text) {
  constexpr std::size_t line_most = std::size_t{64} * 1024 * 1024;
  FormatDetector detector{line_most};
  for (std::size_t seen = step; seen <= text.size(); seen += step)
    REQUIRE(detector.look(std::string_view{text}.substr(0, seen), false) ==
            FormatDetector::Format::undecided);
}

}  // namespace

TEST_CASE("space in front of a text is looked through once") {
  CHECK(growth([](std::size_t length) { detect(std::string(length, ' ')); }) < 25);
}

TEST_CASE("a long first line is looked through once for its end") {
  CHECK(growth([](std::size_t length) { detect("{\"a\":\"" + std::string(length, 'x')); }) < 25);
}

TEST_CASE("space behind a text of a sequence is looked through once") {
  CHECK(growth([](std::size_t length) {
          SequenceFrames frames{std::make_unique<PiecesSource>("\x1E{" + std::string(length, ' '), step),
                                std::size_t{64} * 1024 * 1024};
          while (!frames.ended()) REQUIRE(frames.next(Frames::Wait::may).has_value());
        }) < 25);
}
