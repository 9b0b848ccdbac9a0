#include "telemetry/run_gauges.hpp"

#include "base/version.hpp"
#include "metrics/keys.hpp"
#include "metrics/series.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace dispatch::telemetry {
namespace {

using metrics::labelled;
namespace name = metrics::name;

int number_of(policy::Circuit::State state) {
  switch (state) {
    case policy::Circuit::State::closed:
      return 0;
    case policy::Circuit::State::half_open:
      return 1;
    case policy::Circuit::State::open:
      break;
  }
  return 2;
}

}  // namespace

RunGauges::RunGauges(const flow::SharedStats& shared_stats, const journal::Store& store, const Clock& clock)
    : shared_stats_(shared_stats), store_(store), clock_(clock) {
  ingest_.note(clock.steady(), 0);
}

void RunGauges::read(std::vector<metrics::Sample>& samples) {
  const std::scoped_lock lock{mutex_};
  read_run(samples);
  read_journal(samples);
  samples.push_back({labelled(name::build_info, "version", version()), 1});
}

void RunGauges::read_run(std::vector<metrics::Sample>& samples) {
  const auto stats = shared_stats_.snapshot();
  const auto add = [&](std::string key, auto value) {
    samples.push_back({std::move(key), static_cast<double>(value)});
  };
  for (const auto& host : stats.hosts) {
    const std::string_view shown = host.host.empty() ? metrics::other_hosts : std::string_view{host.host};
    add(labelled(name::in_flight, "host", shown), host.in_flight);
    add(labelled(name::permits_free, "host", shown), host.permits_free);
    add(labelled(name::circuit_state, "host", shown), number_of(host.circuit));
  }
  add(labelled(name::waiting, "for", metrics::waiting::permit), stats.host_limited);
  add(labelled(name::waiting, "for", metrics::waiting::rate), stats.rate_limited);
  add(labelled(name::waiting, "for", metrics::waiting::circuit), stats.circuit_limited);
  for (std::size_t state = 0; state < delivery_state_names.size(); ++state)
    add(labelled(name::deliveries, "state", delivery_state_names[state]),
        stats.state_counts.deliveries[state]);
  add(std::string{name::dead_letters}, stats.state_counts.of(DeliveryState::dead_letter));
  ingest_.note(clock_.steady(), stats.accepted + stats.duplicates);
  add(std::string{name::ingest_rate}, ingest_.per_second().value_or(0));
}

Result<journal::JournalHealth> RunGauges::health() {
  if (!reader_) {
    DISPATCH_ASSIGN(reader_, store_.read());
  }
  return reader_->health();
}

void RunGauges::read_journal(std::vector<metrics::Sample>& samples) {
  const auto health = this->health();
  // What cannot be read is shown as such, and not as 0.
  const auto add = [&](std::string key, double value) {
    samples.push_back({std::move(key), health ? value : std::numeric_limits<double>::quiet_NaN()});
  };
  const auto now = health.value_or(journal::JournalHealth{});
  double age = 0;
  if (now.oldest_pending)
    age = std::max(0.0, std::chrono::duration<double>(clock_.wall() - *now.oldest_pending).count());
  add(labelled(name::lanes_blocked, "behind", "dead_letter"), static_cast<double>(now.blocked_lanes));
  add(labelled(name::lanes_blocked, "behind", "gap"), static_cast<double>(now.gapped_entities));
  add(std::string{name::oldest_pending}, age);
  add(std::string{name::journal_bytes}, static_cast<double>(now.journal_bytes));
  add(std::string{name::wal_bytes}, static_cast<double>(now.wal_bytes));
}

}  // namespace dispatch::telemetry
