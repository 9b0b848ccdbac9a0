// Compares the program with a bare libcurl client, in turn against one server, and prints a table. README.md
// beside this file says how to read it.
//
//   --dispatch PATH        the program
//   --scenarios A,B        throughput, latency, memory (default all three)
//   --repeat N             runs of each client; medians are shown (default 3)
//   --events N             of throughput (default 200000); latency has a tenth of it
//   --waiting N            of memory: events waiting, compared with a tenth of it (default 1000000)
//   --directory PATH       where the journal lies (default the system's for temporary files)

#include "bench/arguments.hpp"
#include "bench/workplace.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr std::uint64_t payload_bytes = 300;
constexpr std::uint64_t entities = 1'000;
constexpr double connections = 50;  // the program's default for one host, and the bare client's
constexpr std::uint64_t latency_ms = 50;
constexpr std::chrono::seconds memory_run{10};

struct Plan {
  std::uint64_t repeat = 3;
  std::uint64_t events = 200'000;
  std::uint64_t waiting = 1'000'000;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Several runs of one client.
class Runs {
 public:
  explicit Runs(std::uint64_t events) : events_(static_cast<double>(events)) {}
  void add(const Measured& run) { runs_.push_back(run); }
  double events_per_second() const {
    return median_of([this](const Measured& run) { return events_ / run.seconds; });
  }
  double cpu_us_per_event() const {
    return median_of([this](const Measured& run) { return run.cpu_seconds * 1e6 / events_; });
  }
  double peak_mib() const {
    return median_of([](const Measured& run) { return run.peak_mib; });
  }

 private:
  template <class Figure>
  double median_of(const Figure& figure) const {
    std::vector<double> values;
    for (const auto& run : runs_) values.push_back(figure(run));
    return median(std::move(values));
  }

  double events_;
  std::vector<Measured> runs_;
};

struct Comparison {
  Runs bare_client;
  Runs dispatch;
};

/// Both clients in turn, so that a change of the machine's mood meets both.
Comparison compare(const Workplace& place, std::uint64_t events, std::uint64_t repeat,
                   std::uint64_t latency) {
  const auto file = place.generate(events, payload_bytes, entities);
  const auto server = place.serve(latency);
  Comparison comparison{Runs{events}, Runs{events}};
  for (std::uint64_t i = 0; i < repeat; ++i) {
    comparison.bare_client.add(place.run_bare_client(file, server->url()));
    comparison.dispatch.add(place.run_dispatch(file, server->url()));
  }
  const std::uint64_t answered = server->stop();
  if (answered != 2 * repeat * events)
    throw std::runtime_error{
        fmt::format("the server answered {} requests and not {}: the figures mean nothing", answered,
                    2 * repeat * events)};
  return comparison;
}

void print_row(const char* name, const Runs& runs) {
  fmt::print("  {:<24}{:>12.0f}{:>14.1f}{:>12.1f}\n", name, runs.events_per_second(), runs.cpu_us_per_event(),
             runs.peak_mib());
}

void print_table(const Comparison& result) {
  fmt::print("  {:<24}{:>12}{:>14}{:>12}\n", "", "events/s", "CPU us/event", "peak MiB");
  print_row("bare client", result.bare_client);
  print_row("dispatch", result.dispatch);
  const auto ratio = [](double a, double b) { return b > 0 ? a / b : 0; };
  fmt::print("  {:<24}{:>12.2f}{:>14.2f}{:>12.2f}\n", "dispatch / bare client",
             ratio(result.dispatch.events_per_second(), result.bare_client.events_per_second()),
             ratio(result.dispatch.cpu_us_per_event(), result.bare_client.cpu_us_per_event()),
             ratio(result.dispatch.peak_mib(), result.bare_client.peak_mib()));
}

void throughput(const Workplace& place, const Plan& plan) {
  fmt::print("throughput: {} events of {} bytes over {} entities, {} connections, median of {}\n",
             plan.events, payload_bytes, entities, connections, plan.repeat);
  print_table(compare(place, plan.events, plan.repeat, 0));
  fmt::print("  goal: 0.70 of the bare client's events/s, ingest and synchronous=FULL included\n\n");
}

void latency(const Workplace& place, const Plan& plan) {
  const std::uint64_t events = std::max<std::uint64_t>(plan.events / 10, 1);
  const double possible = connections * 1000.0 / latency_ms;
  fmt::print("latency: {} events, the server answers after {} ms, so that {} connections allow {} events/s\n",
             events, latency_ms, connections, possible);
  const auto result = compare(place, events, plan.repeat, latency_ms);
  print_table(result);
  fmt::print("  of what is possible: bare client {:.1f} %, dispatch {:.1f} %; goal: 95 %\n\n",
             100 * result.bare_client.events_per_second() / possible,
             100 * result.dispatch.events_per_second() / possible);
}

struct Waiting {
  Measured ingest;
  Measured run;
};

Waiting wait_with(const Workplace& place, std::uint64_t events) {
  const auto server = place.serve(0);
  const auto file = place.generate(events, payload_bytes, entities);
  Waiting waiting;
  waiting.ingest = place.ingest(file, server->url());
  std::filesystem::remove(file);
  waiting.run = place.resume(memory_run);
  server->stop();
  fmt::print("  {:<24}{:>16.1f}{:>20.1f}\n", fmt::format("{} events", events), waiting.ingest.peak_mib,
             waiting.run.peak_mib);
  std::fflush(stdout);
  return waiting;
}

void memory(const Workplace& place, const Plan& plan) {
  fmt::print("memory: peak while accepting, and in the first {} s of delivering what waits\n",
             memory_run.count());
  fmt::print("  {:<24}{:>16}{:>20}\n", "waiting", "ingest MiB", "run MiB");
  const auto few = wait_with(place, std::max<std::uint64_t>(plan.waiting / 10, 1));
  const auto many = wait_with(place, plan.waiting);
  fmt::print("  {:<24}{:>16.2f}{:>20.2f}\n", "ratio", many.ingest.peak_mib / few.ingest.peak_mib,
             many.run.peak_mib / few.run.peak_mib);
  fmt::print("  goal: at most 1.10, and under 128 MiB\n\n");
}

struct Scenario {
  const char* name;
  void (*run)(const Workplace&, const Plan&);
};
constexpr Scenario scenarios[]{{"throughput", throughput}, {"latency", latency}, {"memory", memory}};

std::vector<Scenario> chosen(const std::string& list) {
  std::vector<Scenario> chosen;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    const auto name = list.substr(begin, end - begin);
    const auto* found = std::find_if(std::begin(scenarios), std::end(scenarios),
                                     [&](const Scenario& scenario) { return name == scenario.name; });
    if (found == std::end(scenarios)) throw std::invalid_argument{"--scenarios: there is no '" + name + "'"};
    chosen.push_back(*found);
    begin = end + 1;
  }
  return chosen;
}

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("run_bench", argc, argv, [](Arguments& arguments) {
    const std::filesystem::path dispatch = arguments.text("dispatch", "");
    const auto scenarios = chosen(arguments.text("scenarios", "throughput,latency,memory"));
    Plan plan;
    plan.repeat = std::max<std::uint64_t>(arguments.number("repeat", plan.repeat), 1);
    plan.events = std::max<std::uint64_t>(arguments.number("events", plan.events), 1);
    plan.waiting = std::max<std::uint64_t>(arguments.number("waiting", plan.waiting), 1);
    const std::filesystem::path parent =
        arguments.text("directory", std::filesystem::temp_directory_path().string());
    arguments.done();
    if (dispatch.empty()) throw std::invalid_argument{"--dispatch PATH: where the program is"};
    const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const Workplace place{std::filesystem::absolute(dispatch), programs, parent};
    for (const auto& scenario : scenarios) {
      scenario.run(place, plan);
      std::fflush(stdout);
    }
    return 0;
  });
}
