#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"bytes_share", "journal bytes per event over input bytes", "", 1.6, 1.3};

}  // namespace

void bytes(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("bytes: the journal of {} delivered events\n", plan.events);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  remove_journal(journal);
  place.dispatch("run", journal, {"--to", server->url(), events});
  server->expect(plan.events);
  const auto of_event = [&](std::uintmax_t all) {
    return static_cast<double>(all) / static_cast<double>(plan.events);
  };
  const double kept = of_event(journal_bytes(journal));
  const double given = of_event(std::filesystem::file_size(events));
  fmt::print("  {:.1f} bytes an event, of {:.1f} bytes of input\n", kept, given);
  scorecard.add(share, kept / given,
                fmt::format("{:.1f} and {:.1f} bytes, {} of payload", kept, given, payload_bytes));
}

}  // namespace dispatch::bench
