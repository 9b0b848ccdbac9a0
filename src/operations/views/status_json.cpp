#include "operations/views/status_json.hpp"

#include "event/delivery_state.hpp"
#include "operations/views/json_fields.hpp"

#include <array>

namespace dispatch::operations {
namespace {

/// In the order of the keys, which are only ever added to.
constexpr std::array states{DeliveryState::pending,     DeliveryState::in_flight, DeliveryState::retry_wait,
                            DeliveryState::dead_letter, DeliveryState::completed, DeliveryState::failed};

}  // namespace

void add_status(JsonObject& object, const Status& status, WallTime now) {
  const auto& journal_status = status.journal_status;
  object.add("journal", status.journal);
  add_time(object, "at", now);
  object.add("owned", journal_status.owned).add("owner_pid", journal_status.owner_pid);
  for (const auto state : states) object.add(to_string(state), journal_status.state_counts.of(state));
  object.add("last_position", journal_status.last_position.value())
      .add("blocked_lanes", journal_status.blocked_lanes)
      .add("behind_dead_letters", journal_status.behind_dead)
      .add("gapped_entities", journal_status.gapped_entities)
      .add("behind_gaps", journal_status.behind_gaps)
      .add("unknown_attempts", journal_status.unknown);
  add_time(object, "next_due", journal_status.next_due);
  add_time(object, "oldest_pending", journal_status.oldest_pending);
  object.add("journal_bytes", journal_status.journal_bytes)
      .add("wal_bytes", journal_status.wal_bytes)
      .add("rejects_bytes", journal_status.rejects.bytes);
  std::string hosts = "[";
  for (const auto& host : journal_status.hosts) {
    if (hosts.size() > 1) hosts += ',';
    JsonObject entry{hosts};
    entry.add("host", host.host)
        .add("pending", host.pending)
        .add("in_flight", host.in_flight)
        .add("retry_wait", host.retry_wait)
        .add("dead_letter", host.dead_letter);
  }
  object.add_raw("hosts", hosts += ']');
  object.add("more_hosts", journal_status.more_hosts)
      .add("unmatched", journal_status.unmatched)
      .add("not_meant", journal_status.not_meant)
      .add("rejects_open", journal_status.rejects.lines)
      .add("movable", journal_status.movable);
  std::string paused = "[";
  for (const auto& one : journal_status.paused) {
    if (paused.size() > 1) paused += ',';
    JsonObject entry{paused};
    entry.add("subscription", one.subscription).add("reason", one.reason);
    add_time(entry, "since", one.since);
    entry.add("waiting", one.waiting);
  }
  object.add_raw("paused", paused += ']').add("more_paused", journal_status.more_paused);
  std::string circuits = "[";
  for (const auto& one : journal_status.circuits) {
    if (circuits.size() > 1) circuits += ',';
    JsonObject entry{circuits};
    entry.add("url", one.url).add("state", one.half_open ? "half_open" : "open");
    add_time(entry, "since", one.since);
    add_text(entry, "subscription", one.subscription);
    entry.add("waiting", one.waiting);
  }
  object.add_raw("circuits", circuits += ']').add("more_circuits", journal_status.more_circuits);
  std::string held_back = "[";
  for (const auto& one : journal_status.held_back) {
    if (one.until <= now) continue;
    if (held_back.size() > 1) held_back += ',';
    JsonObject entry{held_back};
    entry.add("url", one.url);
    add_time(entry, "until", one.until);
    add_text(entry, "subscription", one.subscription);
  }
  object.add_raw("held_back", held_back += ']').add("excluded_by_filter", journal_status.not_meant);
}

}  // namespace dispatch::operations
