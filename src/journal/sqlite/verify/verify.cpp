#include "journal/sqlite/verify/verify.hpp"

#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/verify/audit.hpp"

#include <initializer_list>

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace audit;

namespace {

struct Walk {
  void (*run)(Audit&);
  std::initializer_list<Check> checks;
};

const Walk walks[] = {
    {check_rows,
     {Check::event_ids, Check::event_delivered, Check::delivery_of_event, Check::destination_queue,
      Check::destinations, Check::operators}},
    {check_subscriptions, {Check::subscriptions, Check::generations, Check::circuits}},
    {check_contents, {Check::content}},
    {check_rejects, {Check::rejects}},
    {check_streams, {Check::stream, Check::gaps}},
    {check_histories,
     {Check::attempts_numbered, Check::outcomes, Check::latest, Check::once, Check::state, Check::state_time,
      Check::forgiven, Check::turns, Check::state_counts}},
    {check_turn_log, {Check::in_flight}},
    {check_lanes, {Check::order, Check::resumption}},
};

// A file that is broken somewhere is still to be read elsewhere.
void run(const Walk& walk, Audit& audit) {
  try {
    walk.run(audit);
  } catch (const SQLite::Exception& said) {
    for (const auto check : walk.checks) audit.not_done(check, said.what());
  }
}

void skip(const Walk& walk, Audit& audit) {
  for (const auto check : walk.checks) audit.not_done(check, "tables or indexes are missing");
}

void note_orphans(Audit& audit) {
  const auto orphans = reading::number_of(audit.database(), R"(
    SELECT (SELECT count(*) FROM (SELECT DISTINCT queue_no, position, generation FROM turn_log_entries) t
             CROSS JOIN deliveries d USING (queue_no, position, generation) WHERE d.state = 1)
         + (SELECT count(*) FROM unwritten_deliveries))");
  if (orphans == 0) return;
  audit.report().notes.push_back(fmt::format(
      "{} deliveries were in flight when their dispatcher ended; the next run records their attempts as "
      "unknown and treats them as --orphans says",
      orphans));
}

}  // namespace

Result<VerifyReport> verify(const std::string& path, const VerifyOptions& options) {
  DISPATCH_ASSIGN(auto database, reading::open(path));
  DISPATCH_ASSIGN(const auto owned, Ownership::is_taken(path));

  return reading::guarded(path, "verify what is stored", [&]() -> Result<VerifyReport> {
    const SQLite::Transaction one_moment{*database};
    Audit audit{*database, options};
    if (check_file(audit)) {
      for (const auto& walk : walks) run(walk, audit);
      if (!owned) run({note_orphans, {Check::in_flight}}, audit);
    } else {
      for (const auto& walk : walks) skip(walk, audit);
    }
    return std::move(audit.report());
  });
}

}  // namespace dispatch::journal
