#include "journal/sqlite/writing/turn_writer.hpp"

#include "base/fail_point.hpp"
#include "journal/sqlite/statements/withdraw.hpp"

namespace dispatch::journal {

namespace {

StateCounts sum(StateCounts counts, const StateCounts& change) {
  for (std::size_t state = 0; state < counts.deliveries.size(); ++state)
    counts.deliveries[state] += change.deliveries[state];
  return counts;
}

}  // namespace

TurnWriter::TurnWriter(Connection& connection)
    : connection_(connection),
      begin_(connection.database(), "BEGIN IMMEDIATE"),
      commit_(connection.database(), "COMMIT"),
      rollback_(connection.database(), "ROLLBACK"),
      data_version_(connection.database(), "PRAGMA data_version"),
      read_turn_(connection.database(), "SELECT turn FROM progress"),
      read_state_counts_(connection.database(), "SELECT state, deliveries FROM state_counts"),
      write_turn_(connection.database(), "UPDATE progress SET turn = ?"),
      write_state_counts_(connection.database(),
                          "UPDATE state_counts SET deliveries = deliveries + ? WHERE state = ?") {}

Result<bool> TurnWriter::begin() {
  DISPATCH_TRY(connection_.writer_lock().lock());
  open_ = true;
  DISPATCH_TRY(connection_.check_in_place());
  begin_.run();
  changes_before_ = connection_.total_changes();
  account_ = {.number = 0, .change = {}, .moves = account_.moves};

  const std::int64_t version = read_data_version();
  const bool changed = version != seen_version_;
  if (changed) {
    state_counts_.reset();
    auto rows = read_turn_.rows();
    if (rows.next()) last_turn_ = rows.integer(0);
    seen_version_ = version;
  }
  account_.number = last_turn_ + 1;
  return changed;
}

Result<> TurnWriter::commit(Sync sync) {
  if (connection_.total_changes() == changes_before_) {
    // An insert that met a conflict has changed no row, but dirtied the page of sqlite_sequence.
    rollback_.run();
  } else {
    write_account();
    fail_point(FailPoint::turn_staged);
    DISPATCH_TRY(connection_.check_in_place());
    run_commit(sync);
    fail_point(FailPoint::turn_committed);
    last_turn_ = account_.number;
    // Only now is it sure that the commit went to where others look for it.
    if (sync == Sync::now) DISPATCH_TRY(connection_.check_in_place());
    if (auto copied = connection_.checkpoint_if_due(); !copied) checkpoint_error_ = std::move(copied).error();
  }
  close();
  return {};
}

void TurnWriter::run_commit(Sync sync) {
  std::optional<JoinedWal::Deferral> deferral;
  if (auto* const wal = connection_.joined_wal(); wal != nullptr && sync == Sync::later)
    deferral.emplace(*wal);
  try {
    commit_.run();
  } catch (const SQLite::Exception&) {
    deferral.reset();
    withdraw_failed_commit(connection_.database());
    throw;
  }
}

void TurnWriter::write_account() {
  write_turn_.run(account_.number);
  for (std::size_t state = 0; state < account_.change.deliveries.size(); ++state)
    if (const auto change = account_.change.deliveries[state]; change != 0)
      write_state_counts_.run(change, state);
  if (state_counts_) state_counts_ = sum(*state_counts_, account_.change);
}

StateCounts TurnWriter::state_counts() {
  if (!open_ || !state_counts_) {
    StateCounts stored;
    auto rows = read_state_counts_.rows();
    while (rows.next()) stored.deliveries.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
    state_counts_ = stored;
  }
  return sum(*state_counts_, account_.change);
}

void TurnWriter::abandon() noexcept {
  if (!open_) return;
  try {
    rollback_.run();
  } catch (const SQLite::Exception&) {
    // SQLite has rolled back by itself, as it does after an input or output error, or there was nothing yet.
  }
  close();
}

void TurnWriter::close() noexcept {
  account_ = {.number = 0, .change = {}, .moves = account_.moves};
  open_ = false;
  connection_.writer_lock().unlock();
}

Result<> TurnWriter::checkpoint() {
  const auto inside = WriterLockGuard::lock(connection_.writer_lock());
  if (!inside) return tl::unexpected(inside.error());
  DISPATCH_TRY(connection_.check_in_place());
  return connection_.checkpoint_and_truncate();
}

/// In a turn nobody else commits.
std::int64_t TurnWriter::data_version() {
  return open_ ? seen_version_ : read_data_version();
}

std::int64_t TurnWriter::read_data_version() {
  auto rows = data_version_.rows();
  rows.next();
  return rows.integer(0);
}

}  // namespace dispatch::journal
