#include "journal/sqlite/reading/stored_trace.hpp"

#include <algorithm>

namespace dispatch::journal {

namespace {

std::optional<tracing::TraceContext> from_bytes(std::string_view bytes) {
  tracing::TraceContext context;
  if (bytes.size() != context.trace.size() + context.span.size() + 1) return std::nullopt;
  const auto span = bytes.begin() + context.trace.size();
  std::copy(bytes.begin(), span, context.trace.begin());
  std::copy(span, bytes.end() - 1, context.span.begin());
  context.flags = static_cast<std::uint8_t>(bytes.back());
  if (!context || context.span == tracing::SpanId{}) return std::nullopt;
  return context;
}

bool starts_trace(const Arrival& arrival, const tracing::TraceSeed& seed) {
  if (arrival.starts_trace) return *arrival.starts_trace;
  return arrival.trace == tracing::started_trace(seed, arrival.event_id, arrival.trace.flags);
}

}  // namespace

StoredTrace::StoredTrace(const Arrival& arrival, const tracing::TraceSeed& seed) {
  const auto& trace = arrival.trace;
  if (!trace) return;
  if (starts_trace(arrival, seed)) {
    flags_ = trace.flags;
    return;
  }
  auto end = std::copy(trace.trace.begin(), trace.trace.end(), bytes_.begin());
  end = std::copy(trace.span.begin(), trace.span.end(), end);
  *end = static_cast<char>(trace.flags);
  whole_ = true;
}

std::optional<Blob> StoredTrace::bytes() const {
  if (!whole_) return std::nullopt;
  return Blob{{bytes_.data(), bytes_.size()}};
}

std::optional<tracing::TraceContext> read_trace(const Statement::Rows& rows, int column,
                                                const tracing::TraceSeed& seed, std::string_view event_id) {
  if (rows.is_null(column)) return std::nullopt;
  if (!rows.is_integer(column)) return from_bytes(rows.bytes(column));
  const std::int64_t flags = rows.integer(column);
  if (flags < 0 || flags > 255) return std::nullopt;
  return tracing::started_trace(seed, event_id, static_cast<std::uint8_t>(flags));
}

tracing::TraceSeed read_trace_seed(const SQLite::Database& database) {
  Statement statement{database, "SELECT trace_seed FROM progress"};
  auto rows = statement.rows();
  tracing::TraceSeed seed;
  if (!rows.next() || rows.bytes(0).size() != seed.size())
    throw SQLite::Exception{"progress.trace_seed is not 16 bytes long; see: dispatch verify"};
  std::copy_n(rows.bytes(0).begin(), seed.size(), seed.begin());
  return seed;
}

}  // namespace dispatch::journal
