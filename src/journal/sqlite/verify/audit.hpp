#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/verify/checks.hpp"
#include "journal/verify.hpp"

#include <string>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::audit {

/// An audit in progress: the journal that it reads and its findings. Its methods throw SQLite's exceptions.
class Audit {
 public:
  Audit(SQLite::Database& database, const VerifyOptions& options);

  SQLite::Database& database() { return database_; }
  VerifyReport& report() { return report_; }

  /// Records a finding.
  void found(Check check, std::string what);

  /// Records a finding about a delivery: "event E of entity X to URL: WHAT". It does not look up the names
  /// once enough findings of the check are shown.
  void found(Check check, const DeliveryKey& key, std::string_view what);

  /// Records that the check could not run.
  void not_done(Check check, std::string why);

 private:
  bool tells_more(Check check) const;
  std::string name_of(const DeliveryKey& key);

  SQLite::Database& database_;
  VerifyOptions options_;
  VerifyReport report_;
};

// Each function reads the journal once and does the checks that its comment names.

/// integrity, schema, references. Returns false if tables or indexes are missing, so that no other check can
/// run.
bool check_file(Audit& audit);
/// event_ids, event_delivered, delivery_of_event, destination_queue, destinations, and those parts of other
/// checks that one query can find.
void check_rows(Audit& audit);
/// subscriptions, generations, circuits
void check_subscriptions(Audit& audit);
/// content
void check_contents(Audit& audit);
/// rejects
void check_rejects(Audit& audit);
/// stream, gaps
void check_streams(Audit& audit);
/// attempts_numbered, outcomes, latest, once, state, state_time, forgiven, operators, turns, state_counts
void check_histories(Audit& audit);
/// in_flight
void check_turn_log(Audit& audit);
/// order, resumption
void check_lanes(Audit& audit);

}  // namespace dispatch::journal::audit
