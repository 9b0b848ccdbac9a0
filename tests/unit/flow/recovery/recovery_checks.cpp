#include "unit/flow/recovery/recovery_checks.hpp"

#include "journal/sqlite/verify/verify.hpp"
#include "support/journal/journal_contents.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::test {
namespace {

void audit(const std::string& path, std::vector<std::string>& damage) {
  if (const auto said = integrity_of(path); said != "ok") damage.push_back("integrity: " + said);
  const auto report = journal::verify(path);
  if (!report) {
    damage.push_back(report.error().message);
    return;
  }
  for (const auto& finding : report->findings)
    damage.push_back(fmt::format("{}: {}", finding.check, finding.what));
  if (!report->healthy() && report->findings.empty()) damage.push_back("verify is not content");
}

}  // namespace

Undisturbed::Undisturbed(const SmallRun::Setting& setting) {
  SmallRun run{setting};
  run.after_commit = [&] { contents_.push_back(journal_contents(run.journal_path())); };
  REQUIRE(run.play());
  REQUIRE(run.complaints().empty());
}

std::vector<std::string> damage_after_stop(const SmallRun& run, const Undisturbed& undisturbed) {
  std::vector<std::string> damage;
  const auto& path = run.journal_path();
  const auto contents = journal_contents(path);
  // The commit under way may have come through or not, and so may those before it that are not known to be
  // durable, but not in part.
  bool as_committed = false;
  const auto last = std::min(run.commits() + 1, undisturbed.commits());
  for (auto commits = run.durable(); commits <= last; ++commits)
    as_committed = as_committed || contents == undisturbed.after(commits);
  if (!as_committed)
    damage.push_back(fmt::format("after {} commits, {} durable, the journal is not as one of them left it",
                                 run.commits(), run.durable()));
  if (!contents.empty()) audit(path, damage);

  auto deliveries = journal_deliveries(path);
  for (const auto& [id, seen] : run.seen())
    if (seen.requests > deliveries[id].attempts)
      damage.push_back(
          fmt::format("{} was sent {} times and has {} intents", id, seen.requests, deliveries[id].attempts));
  return damage;
}

std::vector<std::string> damage_after_rerun(SmallRun& run) {
  const auto& path = run.journal_path();
  const auto before = journal_deliveries(path);
  const auto seen_before = run.seen();
  const auto played = run.play();
  run.end();
  std::vector<std::string> damage = run.complaints();
  if (!played) {
    damage.push_back("the rerun failed: " + played.error().message);
    return damage;
  }
  audit(path, damage);

  const auto deliveries = journal_deliveries(path);
  if (deliveries.size() != SmallRun::events) damage.push_back("events are missing");
  for (const auto& [id, delivery] : deliveries) {
    const auto& seen = run.seen().at(id);
    if (!delivery.completed) damage.push_back(id + " is not completed");
    if (seen.acknowledged > 1 + delivery.unknown)
      damage.push_back(id + " was delivered twice and no attempt of it is unknown");
    const auto stood = before.find(id);
    if (stood != before.end() && stood->second.completed && seen.requests > seen_before.at(id).requests)
      damage.push_back(id + " was completed and sent again");
  }
  return damage;
}

}  // namespace dispatch::test
