#pragma once

#include <span>
#include <string_view>

namespace dispatch::metrics {

enum class Type { counter, gauge, histogram };

/// All series with one name.
struct Family {
  std::string_view name;  ///< as in the Prometheus text format: a counter's name ends with _total
  Type type = Type::gauge;
  std::string_view help;
  std::string_view label = {};                    ///< empty: one series
  std::span<const std::string_view> values = {};  ///< label values that are shown even if nothing was counted
  std::span<const double> bounds = {};            ///< bucket bounds of a histogram
};

/// All families, in their output order; dispatch-metrics(5) describes them.
std::span<const Family> families();

// Label values for how an attempt ended. Failed answers are grouped by status class. The series for events
// that a broker declined appears only after the first one.
namespace outcome {
inline constexpr std::string_view succeeded{"succeeded"}, http_2xx{"http_2xx"}, http_3xx{"http_3xx"},
    http_4xx{"http_4xx"}, http_5xx{"http_5xx"}, timeout{"timeout"}, connect_error{"connect_error"},
    broken{"broken"}, refused{"refused"}, filter_failed{"filter_failed"},
    transform_failed{"transform_failed"}, local_failure{"local_failure"}, declined{"declined"},
    unknown{"unknown"};
}

// Label values for what a delivery at the head of its lane waits for.
namespace waiting {
inline constexpr std::string_view permit{"permit"}, rate{"rate"}, circuit{"circuit"};
}

/// The label value for all hosts without series of their own.
inline constexpr std::string_view other_hosts{"other"};

namespace name {
inline constexpr std::string_view received{"dispatch_events_received_total"};
inline constexpr std::string_view accepted{"dispatch_events_accepted_total"};
inline constexpr std::string_view duplicates{"dispatch_events_duplicate_total"};
inline constexpr std::string_view conflicts{"dispatch_events_conflict_total"};
inline constexpr std::string_view rejected{"dispatch_events_rejected_total"};
inline constexpr std::string_view unmatched{"dispatch_events_unmatched_total"};
inline constexpr std::string_view delivered{"dispatch_events_delivered_total"};
inline constexpr std::string_view failed{"dispatch_events_failed_total"};
inline constexpr std::string_view retrying{"dispatch_events_retrying_total"};
inline constexpr std::string_view throttled{"dispatch_events_throttled_total"};
inline constexpr std::string_view attempts{"dispatch_attempts_total"};
inline constexpr std::string_view unknown{"dispatch_attempts_unknown_total"};
inline constexpr std::string_view delivery_duration{"dispatch_delivery_duration_seconds"};
inline constexpr std::string_view trips{"dispatch_circuit_breaker_trips_total"};
inline constexpr std::string_view circuit_state{"dispatch_circuit_breaker_state"};
inline constexpr std::string_view rate_rejections{"dispatch_rate_limiter_rejections_total"};
inline constexpr std::string_view in_flight{"dispatch_in_flight"};
inline constexpr std::string_view permits_free{"dispatch_permits_free"};
inline constexpr std::string_view waiting{"dispatch_deliveries_waiting"};
inline constexpr std::string_view deliveries{"dispatch_deliveries"};
inline constexpr std::string_view lanes_blocked{"dispatch_lanes_blocked"};
inline constexpr std::string_view dead_letters{"dispatch_dead_letters"};
inline constexpr std::string_view oldest_pending{"dispatch_oldest_pending_event_age_seconds"};
inline constexpr std::string_view commit_duration{"dispatch_journal_commit_duration_seconds"};
inline constexpr std::string_view commit_size{"dispatch_journal_commit_size"};
inline constexpr std::string_view journal_bytes{"dispatch_journal_size_bytes"};
inline constexpr std::string_view wal_bytes{"dispatch_journal_wal_size_bytes"};
inline constexpr std::string_view ingest_rate{"dispatch_ingest_events_per_second"};
inline constexpr std::string_view dropped{"dispatch_telemetry_dropped_total"};
inline constexpr std::string_view build_info{"dispatch_build_info"};
}  // namespace name

/// Upper bounds of buckets: in seconds, except the size of a commit.
extern const std::span<const double> delivery_duration_bounds, commit_duration_bounds, commit_size_bounds;

}  // namespace dispatch::metrics
