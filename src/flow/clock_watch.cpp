#include "flow/clock_watch.hpp"

namespace dispatch::flow {
namespace {

using namespace std::chrono_literals;

/// Clocks are set by more, and corrected by less in the time between two turns.
constexpr auto jump_least = 500ms;
/// Between two readings of the steady clock, so that the wall clock's reading belongs to both.
constexpr auto reading_most = 20ms;
constexpr int readings_most = 10;

}  // namespace

ClockWatch::Reading ClockWatch::read() const {
  Reading reading{};
  for (int i = 0; i < readings_most; ++i) {
    const SteadyTime before = clock_.steady();
    reading = {clock_.wall(), clock_.steady()};
    if (reading.steady - before < reading_most) break;  // else the thread stood still in between
  }
  return reading;
}

ClockWatch::Look ClockWatch::look() {
  const Reading now = read();
  const auto jump = (now.wall - last_.wall) -
                    std::chrono::duration_cast<std::chrono::microseconds>(now.steady - last_.steady);
  last_ = now;
  if (jump > -jump_least && jump < jump_least) return {now.wall, std::nullopt};
  return {now.wall, jump};
}

}  // namespace dispatch::flow
