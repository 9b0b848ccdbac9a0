// The power goes at every sync of a small run, and between them: what was committed stands, and a rerun
// delivers the rest.

#include "support/disk/power_loss_vfs.hpp"
#include "support/journal/flawed_journal.hpp"
#include "support/journal/journal_contents.hpp"
#include "unit/flow/recovery/recovery_checks.hpp"

#include <cstdlib>
#include <optional>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

constexpr int syncs_most = 1'000;

/// How many fates of its own kind each cut is given; a soak asks for more.
std::uint64_t seeds() {
  const char* asked = std::getenv("DISPATCH_TEST_SEEDS");
  return asked == nullptr ? 2 : std::stoull(asked);
}

using Damage = std::vector<std::string>;

/// How a disk may differ from one that does as it is told, and a journal from one that asks it to.
struct Setting {
  bool disk_syncs = true;
  SmallRun::Setting run = {};
};

/// Commits become durable after the next turns were committed.
SmallRun::Setting late() {
  return {.wait = flow::CommitWait::never};
}

/// A small run whose power goes, and its rerun: what is wrong then. Nothing where the run was over before.
std::optional<Damage> lose_power(const PowerCut& cut, const Undisturbed& undisturbed,
                                 const Setting& setting = {}) {
  PowerLossVfs disk;
  if (!setting.disk_syncs) disk.ignore_syncs();
  disk.plan(cut);
  SmallRun run{setting.run};
  const auto played = run.play();
  if (!disk.is_off()) return std::nullopt;
  run.end();
  disk.restore();
  if (played) return Damage{"the run went on without power"};
  Damage damage = damage_after_stop(run, undisturbed);
  if (damage.empty()) damage = damage_after_rerun(run);
  return damage;
}

/// At every sync of the run one cut during it, and one at a write before it that the seed chooses.
void lose_power_at_every_sync(Fate fate, std::uint64_t seed, const SmallRun::Setting& run = {}) {
  const Undisturbed undisturbed{run};
  std::mt19937_64 chance{seed};
  for (int sync = 1; sync <= syncs_most; ++sync) {
    const int write = 1 + static_cast<int>(chance() % 12);
    const PowerCut during{sync, 0, fate, chance()}, before{sync - 1, write, fate, chance()};
    for (const PowerCut& cut : {during, before}) {
      const auto damage = lose_power(cut, undisturbed, {.run = run});
      if (!damage) {
        // Else hardly every commit was synced; several may share a sync.
        CHECK(sync > (run.wait == flow::CommitWait::never ? 20 : undisturbed.commits()));
        return;
      }
      for (const auto& wrong : *damage)
        FAIL_CHECK(fmt::format("sync {} writes {} seed {}: {}", cut.sync, cut.writes_after, cut.seed, wrong));
    }
  }
  FAIL("the run has no end");
}

/// At how many syncs a power loss does damage.
int losses(const Setting& setting) {
  const Undisturbed undisturbed{setting.run};
  int losses = 0;
  for (int sync = 1; sync <= syncs_most; ++sync) {
    const auto damage = lose_power({.sync = sync}, undisturbed, setting);
    if (!damage) return losses;
    if (!damage->empty()) ++losses;
  }
  FAIL("the run has no end");
  return 0;
}

}  // namespace

TEST_CASE("power: a loss that drops what was not synced undoes nothing that was committed" *
          doctest::test_suite("long")) {
  lose_power_at_every_sync(Fate::dropped, 1);
}

TEST_CASE("power: a loss that tears what was not synced undoes nothing that was committed" *
          doctest::test_suite("long")) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) lose_power_at_every_sync(Fate::torn, seed);
}

TEST_CASE("power: a loss that scrambles what was not synced undoes nothing that was committed" *
          doctest::test_suite("long")) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) lose_power_at_every_sync(Fate::scrambled, seed);
}

TEST_CASE("power: these tests find a journal that does not sync each commit") {
  Setting setting;
  setting.run.journal.opening.durability = journal::Opening::Durability::delayed;
  CHECK(losses(setting) > 0);
}

TEST_CASE("power: a loss while commits are not durable undoes nothing that was sent or acknowledged" *
          doctest::test_suite("long")) {
  lose_power_at_every_sync(Fate::dropped, 1, late());
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    lose_power_at_every_sync(Fate::torn, seed, late());
    lose_power_at_every_sync(Fate::scrambled, seed, late());
  }
}

TEST_CASE("power: these tests find a commit that is called durable before it is synced") {
  struct Hasty final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::CommitToken> commit_transaction_async() override {
      auto committed = sound_transaction().commit_async();
      if (!committed) return committed;
      return journal::CommitToken::durable();
    }
  };
  Setting setting{.run = late()};
  setting.run.through = [](auto sound) { return std::make_unique<Hasty>(std::move(sound)); };
  CHECK(losses(setting) > 0);
}

TEST_CASE("power: these tests find a disk that does not sync") {
  CHECK(losses({.disk_syncs = false}) > 0);
}

namespace {

/// Each sync fails once; then the power goes after the rerun.
void fail_every_sync(const SmallRun::Setting& setting) {
  const Undisturbed undisturbed{setting};
  for (int sync = 1; sync <= syncs_most; ++sync) {
    CAPTURE(sync);
    PowerLossVfs disk;
    disk.fail_sync(sync);
    SmallRun run{setting};
    const auto played = run.play();
    if (played) {
      CHECK(sync > 20);
      return;
    }
    run.end();
    CHECK(played.error().message.find("run again") != std::string::npos);
    CHECK(damage_after_stop(run, undisturbed) == Damage{});
    CHECK(damage_after_rerun(run) == Damage{});
    const auto contents = journal_contents(run.journal_path());
    disk.cut(Fate::dropped, 0);
    disk.restore();
    CHECK(integrity_of(run.journal_path()) == "ok");
    CHECK((journal_contents(run.journal_path()) == contents));
  }
  FAIL("the run has no end");
}

}  // namespace

TEST_CASE("power: what a failed sync left in the cache only is on the disk after the rerun") {
  fail_every_sync({});
}

TEST_CASE("power: what a failed sync of several commits left in the cache only is on the disk at the end") {
  fail_every_sync(late());
}

TEST_CASE("power: a loss in the rerun after a failed sync undoes nothing that was committed" *
          doctest::test_suite("long")) {
  for (const auto& setting : {SmallRun::Setting{}, late()}) {
    for (int sync = 1; sync <= syncs_most; ++sync) {
      CAPTURE(sync);
      PowerLossVfs disk;
      disk.fail_sync(sync);
      SmallRun run{setting};
      if (run.play()) break;
      run.end();
      const auto deliveries = journal_deliveries(run.journal_path()).size();
      disk.plan({.sync = 3 + sync % 7, .writes_after = sync % 5, .fate = Fate::dropped});
      const auto rerun = run.play();
      run.end();
      if (!disk.is_off()) continue;
      CHECK_FALSE(rerun);
      disk.restore();
      CHECK(integrity_of(run.journal_path()) == "ok");
      CHECK(journal_deliveries(run.journal_path()).size() >= deliveries);
      CHECK(damage_after_rerun(run) == Damage{});
    }
  }
}
