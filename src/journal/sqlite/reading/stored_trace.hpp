#pragma once

#include "journal/sqlite/statements/statement.hpp"
#include "tracing/trace_context.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// The place of an event in a trace, as events.trace holds it: where it began there and the journal's seed
/// tells all but the flags, those as a number; else 25 bytes: trace id, span id, flags. NULL where there is
/// none.
class StoredTrace {
 public:
  StoredTrace(const tracing::TraceContext& trace, const tracing::TraceSeed& seed, std::string_view event_id);

  // At most one of them is there.
  std::optional<std::int64_t> flags() const { return flags_; }
  std::optional<Blob> bytes() const;

 private:
  std::optional<std::int64_t> flags_;
  std::array<char, 25> bytes_;
  bool whole_ = false;
};

/// What stands in a column as above; nothing where it is NULL, or is none.
std::optional<tracing::TraceContext> read_trace(const Statement::Rows& rows, int column,
                                                const tracing::TraceSeed& seed, std::string_view event_id);

/// The journal's. One that is not there, or is no seed, is thrown as SQLite::Exception.
tracing::TraceSeed read_trace_seed(const SQLite::Database& database);

}  // namespace dispatch::journal
