#include "journal/sqlite/verify/audit.hpp"

#include "journal/sqlite/reader/reading.hpp"

#include <utility>

#include <fmt/format.h>

namespace dispatch::journal::audit {

Audit::Audit(SQLite::Database& database, const VerifyOptions& options)
    : database_(database), options_(options) {
  for (const auto& text : check_texts) report_.checks.push_back({text.name, text.promise, 0, true});
}

bool Audit::tells_more(Check check) const {
  return report_.checks[static_cast<std::size_t>(check)].findings < static_cast<std::int64_t>(options_.shown);
}

void Audit::found(Check check, std::string what) {
  if (tells_more(check)) report_.findings.push_back({text_of(check).name, std::move(what)});
  ++report_.checks[static_cast<std::size_t>(check)].findings;
}

void Audit::found(Check check, const DeliveryKey& key, std::string_view what) {
  found(check, tells_more(check) ? fmt::format("{}: {}", name_of(key), what) : std::string{});
}

void Audit::not_done(Check check, std::string why) {
  auto& report = report_.checks[static_cast<std::size_t>(check)];
  if (!std::exchange(report.done, false)) return;
  report_.notes.push_back(fmt::format("{} was not checked to its end: {}", report.name, why));
}

std::string Audit::name_of(const DeliveryKey& key) {
  Statement statement{database_, R"(
    SELECT e.event_id, n.entity_id, d.sequence_number, t.url
      FROM (SELECT ?1 AS queue_no, ?2 AS position, ?3 AS generation) k
      LEFT JOIN events e ON e.position = k.position
      LEFT JOIN (SELECT entity_no, sequence_number, destination_no FROM deliveries
                  WHERE queue_no = ?1 AND position = ?2 AND generation = ?3
                 UNION ALL
                 SELECT entity_no, sequence_number, destination_no FROM unwritten_deliveries
                  WHERE queue_no = ?1 AND position = ?2 AND generation = ?3) d
      LEFT JOIN entities n ON n.entity_no = d.entity_no
      LEFT JOIN destinations t ON t.destination_no = d.destination_no)"};
  auto rows = statement.rows(key.queue, key.position, key.generation);
  rows.next();
  auto name = rows.is_null(0) ? fmt::format("position {}", key.position.value())
                              : fmt::format("event {}", rows.bytes(0));
  if (!rows.is_null(1)) name += fmt::format(" ({} of entity {})", rows.integer(2), rows.bytes(1));
  if (!rows.is_null(3)) name += fmt::format(" to {}", rows.bytes(3));
  if (key.generation != 0) name += fmt::format(", replay {}", key.generation);
  return name;
}

}  // namespace dispatch::journal::audit
