#include "journal/sqlite/reader/attempt_columns.hpp"

#include "base/text/utf8.hpp"
#include "journal/sqlite/reader/reading.hpp"

#include <charconv>

namespace dispatch::journal::reading {

namespace {

// "name,connect,tls,first byte" in microseconds, each empty where the attempt did not get so far.
AttemptTimings timings(std::string_view stored) {
  AttemptTimings timings;
  for (auto* field : {&timings.name_resolved, &timings.connected, &timings.tls_ready, &timings.first_byte}) {
    const auto part = stored.substr(0, stored.find(','));
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error == std::errc{} && end == part.data() + part.size()) *field = std::chrono::microseconds{value};
    stored.remove_prefix(std::min(part.size() + 1, stored.size()));
  }
  return timings;
}

}  // namespace

AttemptRecord::End attempt_end(const Statement::Rows& rows, int first) {
  AttemptRecord::End end;
  end.kind = static_cast<OutcomeKind>(rows.integer(first));
  end.status = static_cast<int>(rows.integer(first + 1));
  // The row of a delivery has no kind of outcome, and attempt_history calls its success answered.
  if (end.kind == OutcomeKind::answered && end.status == 0) end.kind = OutcomeKind::acknowledged;
  end.took = std::chrono::microseconds{rows.integer(first + 2)};
  end.error = shortened(text(rows, first + 3), outcome_error_most);  // earlier programs stored longer ones
  end.address = text(rows, first + 4);
  end.timings = timings(rows.bytes(first + 5));
  end.excerpt = text(rows, first + 6);
  return end;
}

}  // namespace dispatch::journal::reading
