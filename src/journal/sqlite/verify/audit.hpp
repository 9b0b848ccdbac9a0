#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/verify/checks.hpp"
#include "journal/verify.hpp"

#include <string>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal::audit {

/// An audit under way: the journal it reads and what it has found. Its methods throw what SQLite throws.
class Audit {
 public:
  Audit(SQLite::Database& database, const VerifyOptions& options);

  SQLite::Database& database() { return database_; }
  VerifyReport& report() { return report_; }

  /// Records a finding.
  void found(Check check, std::string what);

  /// Records a finding about a delivery: "event E of entity X to URL: WHAT". Looking up the names costs
  /// nothing where enough findings of the check are told.
  void found(Check check, const DeliveryKey& key, std::string_view what);

  /// The check could not be carried out.
  void not_done(Check check, std::string why);

 private:
  bool tells_more(Check check) const;
  std::string name_of(const DeliveryKey& key);

  SQLite::Database& database_;
  VerifyOptions options_;
  VerifyReport report_;
};

// Each walk reads the journal once and sees to the checks it names.

/// integrity, schema, references. False where tables or indexes are missing and nothing else can be checked.
bool check_file(Audit& audit);
/// event_ids, event_delivered, delivery_of_event, destination_queue, destinations, and parts of others: what
/// one query finds.
void check_rows(Audit& audit);
/// subscriptions, generations, circuits
void check_subscriptions(Audit& audit);
/// content
void check_contents(Audit& audit);
/// rejects
void check_rejects(Audit& audit);
/// stream, gaps
void check_streams(Audit& audit);
/// attempts_numbered, outcomes, latest, once, state, state_time, forgiven, operators, turns, tally
void check_histories(Audit& audit);
/// order, resumption
void check_lanes(Audit& audit);

}  // namespace dispatch::journal::audit
