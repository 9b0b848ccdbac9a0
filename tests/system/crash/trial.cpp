#include "system/crash/trial.hpp"

#include "journal/sqlite/verify/verify.hpp"
#include "system/crash/crash_points.hpp"

#include <filesystem>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

namespace dispatch::test {
namespace {

/// A journal that was killed before it had its tables is no journal yet, and holds nothing. A rollback
/// journal beside it stands for that too: the next run undoes what was begun.
bool has_tables(const std::string& path) {
  if (!std::filesystem::exists(path) || std::filesystem::exists(path + "-journal")) return false;
  SQLite::Database database{path, SQLite::OPEN_READONLY};
  return database.tableExists("deliveries");
}

}  // namespace

Trial::Trial(const Receiver::Script& script)
    : receiver_{[this, script](const Received& request, std::size_t nth) {
        Answer answer = script(request, nth);
        const std::scoped_lock lock{mutex_};
        succeeded_.resize(request.number + 1);
        succeeded_[request.number] = answer.status == 200;
        return answer;
      }} {}

Ended Trial::run(const std::vector<std::string>& arguments, const std::optional<EndAt>& at,
                 const std::map<std::string, std::string>& environment) const {
  Child::Setup setup{environment, {}};
  if (at) {
    setup.program = DISPATCH_WITH_FAIL_POINTS;
    setup.environment[end_at_variable] = fmt::format("{}:{}", at->point, at->count);
  }
  Child child{directory_, arguments, setup};
  child.close_input();
  const auto ended = child.wait();
  if (!ended) throw std::runtime_error("the run does not end");
  return *ended;
}

std::map<std::string, StoredEvent> Trial::stored() const {
  std::map<std::string, StoredEvent> events;
  const std::string path = directory_ / "dispatch.db";
  if (!has_tables(path)) return events;
  SQLite::Database database{path, SQLite::OPEN_READONLY};
  SQLite::Statement rows{
      database,
      "SELECT event_id, d.state, d.attempts,"
      "       (SELECT count(*) FROM attempts a WHERE a.position = d.position AND a.outcome = 5)"
      "  FROM all_deliveries d JOIN events USING (position)"};
  while (rows.executeStep())
    events[rows.getColumn(0)] = {static_cast<DeliveryState>(rows.getColumn(1).getInt()), rows.getColumn(2),
                                 rows.getColumn(3)};
  return events;
}

std::vector<bool> Trial::succeeded(std::size_t requests) const {
  const std::scoped_lock lock{mutex_};
  auto succeeded = succeeded_;
  succeeded.resize(requests);
  return succeeded;
}

std::vector<std::string> Trial::broken() const {
  std::vector<std::string> broken;
  const auto received = receiver_.received();
  const auto taken = succeeded(received.size());
  const auto seen = review(received, taken);
  const auto events = stored();

  auto passed = taken;  // what an operator gave up lets its successor go
  for (std::size_t i = 0; i < received.size(); ++i) {
    const auto known = events.find(id_of(received[i]));
    if (known != events.end() && known->second.state == DeliveryState::failed) passed[i] = true;
  }
  if (const auto violations = review(received, passed).order_violations; violations > 0)
    broken.push_back(fmt::format("{} requests came out of order", violations));

  for (const auto& [id, requests] : seen.requests) {
    const auto known = events.find(id);
    if (known == events.end()) {
      broken.push_back(fmt::format("{} was sent and is not in the journal", id));
      continue;
    }
    const auto& event = known->second;
    if (requests > event.attempts)
      broken.push_back(
          fmt::format("{} was sent {} times, and {} intents were committed", id, requests, event.attempts));
    const auto completed = seen.completed.find(id);
    const int successes = completed == seen.completed.end() ? 0 : completed->second;
    const int accounted = event.unknown + (event.state == DeliveryState::completed ? 1 : 0) +
                          (event.state == DeliveryState::in_flight ? 1 : 0);
    if (successes > accounted)
      broken.push_back(
          fmt::format("{} was taken {} times, and the journal accounts for {}", id, successes, accounted));
  }
  for (const auto& [id, event] : events)
    if (event.state == DeliveryState::completed && !seen.completed.contains(id))
      broken.push_back(fmt::format("{} is completed, and nobody has taken it", id));

  if (events.empty() && !has_tables(directory_ / "dispatch.db")) return broken;
  const auto report = journal::verify(directory_ / "dispatch.db");
  if (!report) {
    broken.push_back(report.error().message);
    return broken;
  }
  for (const auto& finding : report->findings)
    broken.push_back(fmt::format("verify: {}: {}", finding.check, finding.what));
  if (!report->healthy() && report->findings.empty()) broken.emplace_back("verify could not be carried out");
  return broken;
}

std::vector<std::string> Trial::broken_when_done(const std::set<std::string>& delivered) const {
  auto broken = this->broken();
  const auto events = stored();
  for (const auto& id : delivered)
    if (!events.contains(id)) broken.push_back(fmt::format("{} is lost", id));
  for (const auto& [id, event] : events) {
    if ((event.state == DeliveryState::completed) != delivered.contains(id))
      broken.push_back(fmt::format("{} is {}", id, to_string(event.state)));
  }
  return broken;
}

}  // namespace dispatch::test
