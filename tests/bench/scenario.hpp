#pragma once

#include "bench/scorecard.hpp"
#include "bench/workplace.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace dispatch::bench {

/// How much is measured.
struct Plan {
  std::uint64_t repeat = 3;           ///< runs of each; medians are shown
  std::uint64_t events = 200'000;     ///< of most scenarios; of some a part
  std::uint64_t waiting = 1'000'000;  ///< events of memory and backlog, compared with `few_waiting`
  std::uint64_t few_waiting = 100'000;
  std::uint64_t delivered = 1'000'000;  ///< events of duplicates
  std::uint64_t profiled = 10'000;      ///< events of instructions, compared with a fifth of them
  std::filesystem::path keep;           ///< where journals with waiting events are kept; empty: nowhere
  std::string http_client;              ///< the only one to be measured; empty: the program's default
  std::filesystem::path syslog_ng;      ///< the root below which its packages are installed or unpacked
};

/// What a scenario works with.
struct Bench {
  const Workplace& place;
  const Plan& plan;
  Scorecard& scorecard;
  double fdatasync_seconds;  ///< of the disk that the journals lie on
};

/// A scenario measures, prints its own table, and adds what it is held to to the scorecard.
using Scenario = void (*)(const Bench& bench);

void instructions(const Bench& bench);
void throughput(const Bench& bench);
void syslog_ng(const Bench& bench);
void latency(const Bench& bench);
void hosts(const Bench& bench);
void distinct_hosts(const Bench& bench);
void serial(const Bench& bench);
void slow_disk(const Bench& bench);
void subscriptions(const Bench& bench);
void uuid(const Bench& bench);
void tls(const Bench& bench);
void ingest(const Bench& bench);
void duplicates(const Bench& bench);
void memory(const Bench& bench);
void backlog(const Bench& bench);
void bytes(const Bench& bench);
void telemetry(const Bench& bench);
void counting(const Bench& bench);

// What most of them have in common.
inline constexpr std::uint64_t entities = 1'000;
inline constexpr std::uint64_t connections = 50;  ///< the program's default for one host
inline constexpr std::uint64_t latency_ms = 50;

}  // namespace dispatch::bench
