#include "bench/runs.hpp"
#include "bench/scenario.hpp"
#include "support/network/loopback.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr Goal share{"telemetry_share", "all telemetry on: share of the rate with it off", "", 0.95, 1.0};
constexpr Goal tenth_share{"telemetry_tenth_share",
                           "the same with a tenth of the traces: share of the rate with it off", "", 0.95,
                           1.0};

/// Looks at the metrics every second, as a monitor that is in a hurry.
class Scraper {
 public:
  explicit Scraper(std::uint16_t port)
      : thread_{[this, port](const std::stop_token& stop) {
          std::unique_lock lock{mutex_};
          while (!ending_.wait_for(lock, stop, 1s, [&stop] { return stop.stop_requested(); })) scrape(port);
        }} {}

  std::size_t scraped() const { return scraped_; }

 private:
  void scrape(std::uint16_t port) {
    try {
      const auto answer =
          test::ask(port, "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
      if (answer.starts_with("HTTP/1.1 200 ")) ++scraped_;
    } catch (const std::exception&) {  // the run has not begun, or is over
    }
  }

  std::mutex mutex_;
  std::condition_variable_any ending_;
  std::atomic<std::size_t> scraped_ = 0;
  std::jthread thread_;
};

std::uint16_t free_port() {
  return test::port_of(test::listen_at("127.0.0.1", 0));
}

/// What the last run says that it has dropped.
std::string dropped(const std::filesystem::path& metrics) {
  std::ifstream file{metrics};
  const std::string name = "dispatch_telemetry_dropped_total ";
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return line.substr(name.size());
  return "?";
}

}  // namespace

void telemetry(const Bench& bench) {
  const Workplace& place = bench.place;
  const Plan& plan = bench.plan;
  fmt::print("telemetry: {} events over {} entities, all that watches on and off\n", plan.events, entities);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  const auto metrics = place / "metrics.prom";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  const auto collector = place.serve({.name = "collector"});
  const auto watched = [&](std::vector<std::string> environment) {
    environment.push_back(fmt::format("OTEL_EXPORTER_OTLP_ENDPOINT={}", collector->url()));
    const auto port = free_port();
    const Scraper scraper{port};
    remove_journal(journal);
    const auto run = place.run_talking(
        journal,
        {"--to", server->url(), events, "--log-format", "json", "--metrics-listen",
         fmt::format("127.0.0.1:{}", port), "--metrics-file", metrics, "--metrics-every", "1s"},
        environment);
    server->expect(plan.events);
    fmt::print("    {} scrapes, {} requests with spans, {} records dropped\n", scraper.scraped(),
               collector->served().requests, dropped(metrics));
    return run;
  };
  Runs off{plan.events}, all{plan.events}, tenth{plan.events};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    remove_journal(journal);
    off.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(plan.events);
    all.add(watched({}));
    tenth.add(watched({"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1"}));
  }
  const auto judge = [&](const Goal& goal, const char* name, const Runs& on) {
    const Comparison result{"off", off, name, on};
    print(result);
    bench.scorecard.add(
        goal, result.rate_share(),
        fmt::format("{:.0f} of {:.0f} events/s", on.events_per_second(), off.events_per_second()));
  };
  judge(share, "all on", all);
  judge(tenth_share, "a tenth traced", tenth);
}

}  // namespace dispatch::bench
