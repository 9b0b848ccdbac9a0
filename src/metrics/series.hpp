#pragma once

#include <span>
#include <string_view>

namespace dispatch::metrics {

enum class Type { counter, gauge, histogram };

/// All series of one name.
struct Family {
  std::string_view name;  ///< as the Prometheus text format says it: of a counter with _total
  Type type = Type::gauge;
  std::string_view help;
  std::string_view label = {};  ///< empty: one series
  std::span<const std::string_view> values =
      {};                               ///< those of the label that are shown although nothing was counted
  std::span<const double> bounds = {};  ///< of a histogram
};

/// Every family there is, in the order in which they are shown; dispatch-metrics(5) describes them.
std::span<const Family> families();

// How an attempt ended, as a label. Of answers that count as failures, their class. What a broker declined
// has no series before it happens.
namespace outcome {
inline constexpr std::string_view succeeded{"succeeded"}, http_2xx{"http_2xx"}, http_3xx{"http_3xx"},
    http_4xx{"http_4xx"}, http_5xx{"http_5xx"}, timeout{"timeout"}, connect_error{"connect_error"},
    broken{"broken"}, refused{"refused"}, filter_failed{"filter_failed"},
    transform_failed{"transform_failed"}, local_failure{"local_failure"}, declined{"declined"},
    unknown{"unknown"};
}

// What a delivery at the head of its lane waits for, as a label.
namespace waiting {
inline constexpr std::string_view permit{"permit"}, rate{"rate"}, circuit{"circuit"};
}

/// What hosts share that have no series of their own.
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

/// Upper ends of buckets; seconds, but of the commit's size.
extern const std::span<const double> delivery_duration_bounds, commit_duration_bounds, commit_size_bounds;

}  // namespace dispatch::metrics
