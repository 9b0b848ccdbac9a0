// The explorer finds what is broken: each of these bugs was planted, and each must come to light.

#include "flow/model/explorer.hpp"
#include "flow/model/flawed_journal.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using journal::Settlement;

namespace {

Setting small() {
  return {.events = {{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}}};
}

void must_come_to_light(const Setting& setting, const Bounds& bounds) {
  const auto found = explore(setting, bounds);
  REQUIRE(found.failure);
  CAPTURE(to_test(setting, *found.failure));
  // What was made short fails still, and only by the bug.
  CHECK(play(setting, found.failure->history));
  Setting sound = setting;
  sound.journal_bug = {};
  sound.options_bug = {};
  CHECK_FALSE(play(sound, found.failure->history));
}

template <class Flawed>
void must_come_to_light(const Bounds& bounds = {}) {
  Setting setting = small();
  setting.journal_bug = [](auto sound) { return std::make_unique<Flawed>(std::move(sound)); };
  must_come_to_light(setting, bounds);
}

}  // namespace

TEST_CASE("planted: an outcome is forgotten") {
  struct Forgetful final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> settle(std::span<const Settlement> settlements) override {
      return sound().settle(settlements.first(settlements.size() - 1));
    }
  };
  must_come_to_light<Forgetful>();
}

TEST_CASE("planted: an intent is not committed") {
  struct Hasty final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> commit_turn() override {
      sound().abandon_turn();
      return {};
    }
  };
  must_come_to_light<Hasty>();
}

TEST_CASE("planted: a failure is recorded as a success") {
  struct Rosy final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> settle(std::span<const Settlement> settlements) override {
      std::vector<Settlement> changed{settlements.begin(), settlements.end()};
      for (auto& settlement : changed) settlement.by = Transition::succeed;
      return sound().settle(changed);
    }
  };
  must_come_to_light<Rosy>();
}

TEST_CASE("planted: a failure spends no attempt") {
  struct Patient final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> settle(std::span<const Settlement> settlements) override {
      std::vector<Settlement> changed{settlements.begin(), settlements.end()};
      for (auto& settlement : changed) settlement.forgive = true;
      return sound().settle(changed);
    }
  };
  must_come_to_light<Patient>({.failures = 2});
}

TEST_CASE("planted: the stored mark stands above what waits") {
  struct Farsighted final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> remember(std::span<const journal::Outlet> outlets, std::int64_t last_wake) override {
      std::vector<journal::Outlet> changed{outlets.begin(), outlets.end()};
      for (auto& outlet : changed) outlet.low = Position{outlet.low.value() + 1};
      return sound().remember(changed, last_wake);
    }
  };
  must_come_to_light<Farsighted>({.crashes = 1});
}

TEST_CASE("planted: the stored mark is not lowered for what is loaded") {
  struct Stubborn final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> remember(std::span<const journal::Outlet> outlets, std::int64_t last_wake) override {
      auto changed = sound().outlets(OutletNo{}).value();
      for (auto& old : changed)
        for (const auto& outlet : outlets)
          if (outlet.no == old.no) old.low = std::max(old.low, outlet.low);
      return sound().remember(changed, last_wake);
    }
  };
  must_come_to_light<Stubborn>({.crashes = 1, .pauses = 1});
}

TEST_CASE("planted: a wake is not seen") {
  struct Deaf final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::Wake>> wakes(std::int64_t, std::size_t) override {
      return std::vector<journal::Wake>{};
    }
  };
  must_come_to_light<Deaf>({.give_ups = 1, .operators = 1});
}

TEST_CASE("planted: a gap is not seen") {
  struct Trusting final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::Predecessor> predecessor(const journal::DeliveryRow& row) override {
      auto before = sound().predecessor(row);
      before->gap = false;
      return before;
    }
  };
  must_come_to_light<Trusting>();
}

TEST_CASE("planted: a predecessor that waits for its retry is passed") {
  struct Impatient final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::Predecessor> predecessor(const journal::DeliveryRow& row) override {
      auto before = sound().predecessor(row);
      if (before->state == DeliveryState::retry_wait) before->state = DeliveryState::completed;
      return before;
    }
  };
  must_come_to_light<Impatient>();
}

TEST_CASE("planted: a disordered stream is taken for one in order") {
  struct Tidy final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::Predecessor> predecessor(const journal::DeliveryRow& row) override {
      auto before = sound().predecessor(row);
      before->disordered = false;
      return before;
    }
  };
  must_come_to_light<Tidy>({.crashes = 1});
}

TEST_CASE("planted: a new owner leaves what was in flight") {
  struct Careless final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::size_t> recover(journal::Orphans, WallTime, std::size_t) override { return 0; }
  };
  must_come_to_light<Careless>({.crashes = 1});
}

TEST_CASE("planted: what others commit is not noticed") {
  struct Selfish final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<bool> changed_elsewhere() override { return false; }
  };
  must_come_to_light<Selfish>({.elsewhere = 1});
}

TEST_CASE("planted: the next retry is forgotten") {
  struct Timeless final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::optional<WallTime>> next_due(OutletNo, WallTime) override { return std::nullopt; }
  };
  must_come_to_light<Timeless>({.crashes = 1});
}

TEST_CASE("planted: a replay wakes nobody") {
  struct Silent final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::Wake>> wakes(std::int64_t after, std::size_t limit) override {
      auto wakes = sound().wakes(after, limit);
      std::erase_if(*wakes, [](const journal::Wake& wake) { return wake.from_here; });
      return wakes;
    }
  };
  must_come_to_light<Silent>({.replays = 1});
}

TEST_CASE("planted: a pause is not noticed") {
  struct Busy final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<Subscription>> subscriptions() override {
      auto all = sound().subscriptions();
      for (auto& one : *all) one.paused_at.reset();
      return all;
    }
  };
  Setting setting = small();
  setting.rules.subscribed = "http://s.test/hook";
  setting.journal_bug = [](auto sound) { return std::make_unique<Busy>(std::move(sound)); };
  must_come_to_light(setting, {.halts = 1});
}

TEST_CASE("planted: a resume is not noticed") {
  struct Still final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::int64_t> subscriptions_version() override {
      const auto version = sound().subscriptions_version();
      return std::min(*version, std::int64_t{2});
    }
  };
  Setting setting = small();
  setting.rules.subscribed = "http://s.test/hook";
  setting.journal_bug = [](auto sound) { return std::make_unique<Still>(std::move(sound)); };
  must_come_to_light(setting, {.halts = 1});
}

TEST_CASE("planted: an open circuit is forgotten") {
  struct Hopeful final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::CircuitRow>> circuits() override {
      return std::vector<journal::CircuitRow>{};
    }
  };
  Setting setting = small();
  setting.rules.breaker = {.failures = 1, .open_for = std::chrono::seconds{30}, .probes = 1, .successes = 1};
  setting.journal_bug = [](auto sound) { return std::make_unique<Hopeful>(std::move(sound)); };
  must_come_to_light(setting, {.crashes = 1});
}

TEST_CASE("planted: a circuit opens too late") {
  Setting setting = small();
  setting.rules.breaker = {.failures = 1, .open_for = std::chrono::seconds{30}, .probes = 1, .successes = 1};
  setting.options_bug = [](flow::RunOptions& options) { ++options.breaker->failures; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: a half-open circuit takes two probes") {
  Setting setting = small();
  setting.rules.per_host = 2;
  setting.rules.breaker = {.failures = 1, .open_for = std::chrono::seconds{30}, .probes = 1, .successes = 1};
  setting.options_bug = [](flow::RunOptions& options) { ++options.breaker->probes; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: a host's gate is too wide") {
  Setting setting = small();
  setting.options_bug = [](flow::RunOptions& options) { ++options.per_host; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: a host's gate is too narrow") {
  Setting setting = small();
  setting.rules.per_host = 2;
  setting.options_bug = [](flow::RunOptions& options) { --options.per_host; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: a success is tried again") {
  Setting setting = small();
  setting.options_bug = [](flow::RunOptions& options) { options.statuses[200] = policy::Meaning::retry; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: one attempt too many") {
  Setting setting = small();
  setting.options_bug = [](flow::RunOptions& options) { ++options.retry.attempts; };
  must_come_to_light(setting, {.failures = 2});
}

TEST_CASE("planted: a retry comes too early") {
  Setting setting = small();
  setting.options_bug = [](flow::RunOptions& options) { options.retry.backoff_first /= 2; };
  must_come_to_light(setting, {});
}
