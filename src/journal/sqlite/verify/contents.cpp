#include "event/arrival.hpp"
#include "journal/digest.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"
#include "journal/sqlite/verify/audit.hpp"

#include <fmt/format.h>

namespace dispatch::journal::audit {

void check_contents(Audit& audit) {
  tracing::TraceSeed seed{};
  try {
    seed = read_trace_seed(audit.database());
  } catch (const SQLite::Exception& fault) {
    audit.found(Check::content, fault.what());
  }
  Statement statement{audit.database(), R"(
    SELECT e.event_id, n.entity_id, e.type, e.source, e.time, e.correlation_id, e.causation_id, e.headers, e.own_url,
           e.payload, e.digest, e.trace
      FROM events e LEFT JOIN entities n USING (entity_no))"};
  auto rows = statement.rows();
  while (rows.next()) {
    Arrival as_given;
    as_given.event_id = rows.bytes(0);
    if (!rows.is_null(1)) as_given.entity_id = rows.bytes(1);
    as_given.type = rows.bytes(2);
    as_given.source = rows.bytes(3);
    as_given.time = rows.bytes(4);
    as_given.correlation_id = rows.bytes(5);
    as_given.causation_id = rows.bytes(6);
    as_given.headers = rows.bytes(7);
    as_given.own_url = rows.bytes(8);
    as_given.payload = rows.bytes(9);
    if (content_digest(as_given) != rows.integer(10)) {
      audit.found(Check::content,
                  fmt::format("event {}: its content is not what was accepted under this id: the digest "
                              "differs",
                              rows.bytes(0)));
    }
    if (!rows.is_null(11) && !read_trace(rows, 11, seed, as_given.event_id)) {
      audit.found(
          Check::content,
          fmt::format("event {}: its trace is invalid: neither flags nor 25 bytes without an id of zeros",
                      rows.bytes(0)));
    }
    ++audit.report().events;
  }
}

}  // namespace dispatch::journal::audit
