#include "bench/median.hpp"
#include "bench/scenario.hpp"
#include "bench/waiting.hpp"

#include <cstdio>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal rate{"backlog_rate", "rate with many waiting over the rate with few", "", 0.9, 1.0};
constexpr Goal start{"backlog_start", "start of run to the first request, many waiting", "ms", 200, 50};

/// The medians of several runs.
class Figures {
 public:
  void add(const WaitingRun& run) {
    rates_.push_back(run.events_per_second());
    starts_.push_back(run.start_seconds());
  }
  double events_per_second() const { return median(rates_); }
  double start_ms() const { return 1000 * median(starts_); }

 private:
  std::vector<double> rates_, starts_;
};

void print_row(std::uint64_t events, const Figures& figures) {
  fmt::print("  {:<24}{:>16.0f}{:>24.1f}\n", fmt::format("{} events", events), figures.events_per_second(),
             figures.start_ms());
}

}  // namespace

void backlog(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("backlog: the first seconds of delivering what waits; the journal is in the page cache\n");
  std::fflush(stdout);
  const WaitingJournals journals{bench};
  const auto few = journals.with(plan.few_waiting);
  const auto many = journals.with(plan.waiting);
  Figures with_few, with_many;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    with_few.add(journals.run(few));
    with_many.add(journals.run(many));
  }
  fmt::print("  {:<24}{:>16}{:>24}\n", "waiting", "events/s", "first request after ms");
  print_row(few.events, with_few);
  print_row(many.events, with_many);
  const auto sizes = fmt::format("{} waiting and {}", plan.waiting, plan.few_waiting);
  scorecard.add(rate, with_many.events_per_second() / with_few.events_per_second(),
                fmt::format("{}: {:.0f} of {:.0f} events/s", sizes, with_many.events_per_second(),
                            with_few.events_per_second()));
  scorecard.add(start, with_many.start_ms(),
                fmt::format("{}: {:.0f} ms with few", sizes, with_few.start_ms()));
}

}  // namespace dispatch::bench
