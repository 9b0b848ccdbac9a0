#include "bench/json_number.hpp"
#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"ingest_share", "ingest alone over a bare SQLite insert", "", 0.8, 1.0};

/// Nothing is sent there.
constexpr const char* destination = "http://127.0.0.1:9/";

/// As bare_insert measures itself: it reads its rows first, which does not count.
Measured insert_bare(const Workplace& place, const std::filesystem::path& rows,
                     const std::filesystem::path& journal) {
  const auto said = place.run_own("bare_insert", {"--rows", rows, "--journal", journal});
  Measured measured;
  measured.seconds = json_number(said, "seconds");
  measured.cpu_seconds = json_number(said, "cpu_seconds");
  measured.peak_mib = json_number(said, "peak_mib");
  return measured;
}

}  // namespace

void ingest(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("ingest: {} events over {} entities\n", plan.events, entities);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  const auto bare_journal = place / "bare.db";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto run_ours = [&] {
    remove_journal(journal);
    return place.dispatch("ingest", journal, {"--to", destination, events});
  };
  run_ours();  // gives the rows; not counted
  Comparison result{"bare insert", Runs{plan.events}, "dispatch ingest", Runs{plan.events}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    remove_journal(bare_journal);
    result.reference.add(insert_bare(place, journal, bare_journal));
    result.runs.add(run_ours());
  }
  print(result);
  scorecard.add(share, result.rate_share(), rates_note(result));
}

}  // namespace dispatch::bench
