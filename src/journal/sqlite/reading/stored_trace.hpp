#pragma once

#include "event/arrival.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "tracing/trace_context.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// The trace context of an event, in the form of the column events.trace: NULL if it has none; a number (the
/// trace flags) if the trace begins at the event, because the journal's seed gives the rest; otherwise 25
/// bytes: trace id, span id, flags.
class StoredTrace {
 public:
  StoredTrace(const Arrival& arrival, const tracing::TraceSeed& seed);

  // At most one of these two is set.
  std::optional<std::int64_t> flags() const { return flags_; }
  std::optional<Blob> bytes() const;

 private:
  std::optional<std::int64_t> flags_;
  std::array<char, 25> bytes_;
  bool whole_ = false;
};

/// Reads a trace context from a column; nothing if it is NULL or invalid.
std::optional<tracing::TraceContext> read_trace(const Statement::Rows& rows, int column,
                                                const tracing::TraceSeed& seed, std::string_view event_id);

/// The journal's trace seed. Throws SQLite::Exception if it is missing or invalid.
tracing::TraceSeed read_trace_seed(const SQLite::Database& database);

}  // namespace dispatch::journal
