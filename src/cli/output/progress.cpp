#include "cli/output/progress.hpp"

#include "base/text/units.hpp"
#include "cli/output/run_stats_text.hpp"
#include "cli/output/screen.hpp"

#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr auto live_every = 200ms;
constexpr auto plain_every = 10s;

std::string figures_json(std::string_view message, const flow::RunStats& stats, microseconds took,
                         WallTime now) {
  std::string line;
  {
    JsonObject object{line};
    object.add("time", format_time(now)).add("level", "info").add("message", message);
    flow::add_stats(object, stats, took);
  }
  return line + "\n";
}

}  // namespace

Progress::Progress(const flow::SharedStats& shared_stats, LiveLine& line, const Clock& clock,
                   LogOptions::Format format)
    : shared_stats_(shared_stats),
      line_(line),
      clock_(clock),
      format_(format),
      began_(clock.steady()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Progress::work(const std::stop_token& stop) {
  const bool json = format_ == LogOptions::Format::json;
  const bool live = !json && is_screen(STDERR_FILENO);
  const auto every = live ? live_every : duration_cast<std::chrono::milliseconds>(plain_every);
  flow::Throughput throughput;
  std::unique_lock lock{mutex_};
  throughput.note(began_, 0);
  while (!stopping_.wait_for(lock, stop, every, [&stop] { return stop.stop_requested(); })) {
    const auto stats = shared_stats_.snapshot();
    const SteadyTime now = clock_.steady();
    throughput.note(now, stats.delivered);
    const auto took = duration_cast<microseconds>(now - began_);
    if (json)
      line_.print(figures_json("progress", stats, took, clock_.wall()));
    else if (live)
      line_.show("dispatch: " + progress_line(stats, throughput));
    else
      line_.print(fmt::format("dispatch: {}\n", progress_line(stats, throughput)));
  }
  line_.show({});
}

std::string snapshot_text(const flow::RunStats& stats, microseconds took) {
  const std::string ahead =
      stats.ahead == 0 ? std::string{} : fmt::format(", {} ready to follow", count_text(stats.ahead));
  return fmt::format("dispatch: after {}, {} in flight{}\n", format_duration(took),
                     count_text(stats.in_flight), ahead) +
         input_table(stats) + delivery_table(stats, took, "waiting");
}

std::string snapshot_json(const flow::RunStats& stats, microseconds took, WallTime now) {
  return figures_json("snapshot", stats, took, now);
}

}  // namespace dispatch::cli
