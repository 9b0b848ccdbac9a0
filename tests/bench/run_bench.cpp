// Measures the program against what it is held to, and prints a table for each scenario and one of all at the
// end. README.md beside this file says how to read them.
//
//   --dispatch PATH        the program
//   --scenarios A,B        some of: instructions, throughput, syslog-ng, latency, hosts, distinct-hosts,
//                          subscriptions, serial, slow-disk, uuid, tls, ingest, duplicates, memory, backlog,
//                          bytes, telemetry, counting
//   --http-client CLIENT   direct or libcurl, for every run (default the program's; instructions has both)
//   --syslog-ng ROOT       its packages are unpacked below that (default /, where they are installed)
//   --repeat N             runs of each; medians are shown (default 3)
//   --events N             of most scenarios (default 200000); a part of that where an event takes long
//   --profiled N           events of instructions (default 10000), less a fifth of them
//   --waiting N            events of memory and backlog (default 1000000), compared with 100000
//   --delivered N          events of duplicates (default 1000000)
//   --full                 --waiting 10000000
//   --directory PATH       where the journals lie (default the system's for temporary files)
//   --keep PATH            where journals with waiting events are kept and found again (default nowhere)
//   --json FILE            the closing table as JSON, an object a line

#include "bench/arguments.hpp"
#include "bench/disk.hpp"
#include "bench/scenario.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

namespace dispatch::bench {
namespace {

struct Named {
  const char* name;
  Scenario run;
};
constexpr Named scenarios[]{{"instructions", instructions},
                            {"throughput", throughput},
                            {"syslog-ng", syslog_ng},
                            {"latency", latency},
                            {"hosts", hosts},
                            {"distinct-hosts", distinct_hosts},
                            {"subscriptions", subscriptions},
                            {"serial", serial},
                            {"slow-disk", slow_disk},
                            {"uuid", uuid},
                            {"tls", tls},
                            {"ingest", ingest},
                            {"duplicates", duplicates},
                            {"memory", memory},
                            {"backlog", backlog},
                            {"bytes", bytes},
                            {"telemetry", telemetry},
                            {"counting", counting}};

std::vector<Named> chosen(const std::string& list) {
  if (list.empty()) return {std::begin(scenarios), std::end(scenarios)};
  std::vector<Named> chosen;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    const auto name = list.substr(begin, end - begin);
    const auto* found = std::find_if(std::begin(scenarios), std::end(scenarios),
                                     [&](const Named& scenario) { return name == scenario.name; });
    if (found == std::end(scenarios)) throw std::invalid_argument{"--scenarios: there is no '" + name + "'"};
    chosen.push_back(*found);
    begin = end + 1;
  }
  return chosen;
}

Plan plan_of(Arguments& arguments) {
  Plan plan;
  if (arguments.flag("full")) plan.waiting = 10'000'000;
  const auto count = [&](const char* name, std::uint64_t otherwise) {
    return std::max<std::uint64_t>(arguments.number(name, otherwise), 1);
  };
  plan.repeat = count("repeat", plan.repeat);
  plan.events = count("events", plan.events);
  plan.waiting = count("waiting", plan.waiting);
  plan.few_waiting = std::min(plan.few_waiting, plan.waiting);
  plan.delivered = count("delivered", plan.delivered);
  plan.profiled = count("profiled", plan.profiled);
  plan.http_client = arguments.text("http-client", "");
  if (!plan.http_client.empty() && plan.http_client != "direct" && plan.http_client != "libcurl")
    throw std::invalid_argument{"--http-client: '" + plan.http_client + "' is neither direct nor libcurl"};
  plan.syslog_ng = arguments.text("syslog-ng", "/");
  plan.keep = arguments.text("keep", "");
  return plan;
}

/// For the children, which inherit it: a server with thousands of connections.
void raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// False where it could not be measured; the others still can.
bool measure(const Named& scenario, const Bench& bench) {
  try {
    scenario.run(bench);
  } catch (const std::exception& error) {
    fmt::print("\n{}: {}\n\n", scenario.name, error.what());
    return false;
  }
  fmt::print("\n");
  std::fflush(stdout);
  return true;
}

int run(Arguments& arguments) {
  const std::filesystem::path dispatch = arguments.text("dispatch", "");
  const auto scenarios = chosen(arguments.text("scenarios", ""));
  const auto plan = plan_of(arguments);
  const std::filesystem::path parent =
      arguments.text("directory", std::filesystem::temp_directory_path().string());
  const std::filesystem::path json = arguments.text("json", "");
  arguments.done();
  if (dispatch.empty()) throw std::invalid_argument{"--dispatch PATH: where the program is"};

  raise_open_files();
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const Workplace place{std::filesystem::absolute(dispatch), programs, parent, plan.http_client};
  Scorecard scorecard;
  const Bench bench{place, plan, scorecard, fdatasync_seconds(place.directory())};
  fmt::print("payloads of {} bytes, medians of {}, fdatasync takes {:.0f} us in {}, http client: {}\n\n",
             payload_bytes, plan.repeat, 1e6 * bench.fdatasync_seconds, parent.string(),
             plan.http_client.empty() ? "the default" : plan.http_client);
  bool all = true;
  for (const auto& scenario : scenarios) all = measure(scenario, bench) && all;
  scorecard.print();
  if (!json.empty()) scorecard.write(json);
  return all ? 0 : 1;
}

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("run_bench", argc, argv, [](Arguments& arguments) { return run(arguments); });
}
