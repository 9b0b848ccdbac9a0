#include "metrics/series.hpp"

#include <array>

namespace dispatch::metrics {
namespace {

constexpr std::array delivery_duration{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                       0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};
constexpr std::array commit_duration{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                     0.025,  0.05,    0.1,    0.25,  0.5,    1.0,   5.0};
constexpr std::array commit_size{1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0};

constexpr std::array outcomes{outcome::succeeded,     outcome::http_2xx,         outcome::http_3xx,
                              outcome::http_4xx,      outcome::http_5xx,         outcome::timeout,
                              outcome::connect_error, outcome::broken,           outcome::refused,
                              outcome::filter_failed, outcome::transform_failed, outcome::local_failure,
                              outcome::unknown};
constexpr std::array waits{waiting::permit, waiting::rate, waiting::circuit};

constexpr std::array all{
    Family{name::received, Type::counter, "Input lines that were read, accepted or not."},
    Family{name::accepted, Type::counter, "Events that were new and are in the journal."},
    Family{name::duplicates, Type::counter,
           "Events that were in the journal already, with the same content."},
    Family{name::conflicts, Type::counter,
           "Events whose id or sequence number another event in the journal has; counted as rejected too."},
    Family{name::rejected, Type::counter, "Input lines that were rejected, for any reason."},
    Family{name::unmatched, Type::counter, "Accepted events that no subscription selected."},
    Family{name::delivered, Type::counter, "Deliveries that succeeded."},
    Family{name::failed, Type::counter, "Deliveries that became dead letters."},
    Family{name::retrying, Type::counter, "Attempts that failed and are to be tried again."},
    Family{name::throttled, Type::counter,
           "Deliveries that had to wait for a rate or for a limit of requests at a time to one destination."},
    Family{name::attempts, Type::counter, "Attempts that ended, by outcome.", "outcome", outcomes},
    Family{name::unknown, Type::counter,
           "Attempts with an unknown outcome: aborted, or under way when an earlier run was killed."},
    Family{.name = name::delivery_duration,
           .type = Type::histogram,
           .help =
               "Time from the beginning of the request to the end of the answer, of attempts that succeeded.",
           .bounds = delivery_duration},
    Family{name::circuit_state, Type::gauge,
           "Circuit breakers by host, the worst of its destinations: 0 closed, 1 half-open, 2 open.", "host"},
    Family{name::trips, Type::counter, "Number of times that a circuit breaker opened."},
    Family{name::rate_rejections, Type::counter, "Deliveries that a rate limiter told to wait."},
    Family{name::in_flight, Type::gauge,
           "Deliveries whose intent is committed and whose outcome is not known, by host.", "host"},
    Family{name::permits_free, Type::gauge, "Requests that the host's limit still allows now, by host.",
           "host"},
    Family{name::waiting, Type::gauge, "Waiting deliveries at the head of their lane, by what they wait for.",
           "for", waits},
    Family{name::deliveries, Type::gauge, "Deliveries in the journal, by state.", "state"},
    Family{name::lanes_blocked, Type::gauge, "Lanes blocked by a dead letter or a gap, by cause.", "behind"},
    Family{name::dead_letters, Type::gauge, "Dead letters in the journal."},
    Family{name::oldest_pending, Type::gauge,
           "Time since the oldest event with a pending delivery was accepted; 0 where there is none."},
    Family{.name = name::commit_duration,
           .type = Type::histogram,
           .help = "Duration of the journal's commits.",
           .bounds = commit_duration},
    Family{.name = name::commit_size,
           .type = Type::histogram,
           .help = "Events accepted, intents and outcomes that one commit carried.",
           .bounds = commit_size},
    Family{name::journal_bytes, Type::gauge, "Size of the journal's file."},
    Family{name::wal_bytes, Type::gauge, "Size of the journal's write-ahead log."},
    Family{name::ingest_rate, Type::gauge,
           "Events accepted or found to be duplicates, over the last ten seconds."},
    Family{name::dropped, Type::counter,
           "Records that were dropped, because they came faster than they could be counted."},
    Family{name::build_info, Type::gauge, "1, with the version of the program.", "version"},
};

}  // namespace

const std::span<const double> delivery_duration_bounds{delivery_duration};
const std::span<const double> commit_duration_bounds{commit_duration};
const std::span<const double> commit_size_bounds{commit_size};

std::span<const Family> families() {
  return all;
}

}  // namespace dispatch::metrics
