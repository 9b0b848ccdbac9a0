// The explorer finds what is broken: each of these bugs was planted, and each must come to light.

#include "support/journal/flawed_journal.hpp"
#include "unit/flow/model/explorer.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using journal::Settled;
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

/// What a history needs in which a subscription gets events from behind.
Setting filled_from_behind() {
  return {.events = {{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"x3", "X", 3, ""}, {"x4", "X", 4, ""}},
          .rules = {.subscribed = "http://s.test/hook", .subscribed_later = true}};
}

template <class Flawed>
void must_come_to_light(Setting setting, const Bounds& bounds) {
  setting.journal_bug = [](auto sound) { return std::make_unique<Flawed>(std::move(sound)); };
  must_come_to_light(setting, bounds);
}

}  // namespace

TEST_CASE("planted: an outcome is forgotten") {
  struct Forgetful final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) override {
      auto settled = sound_transaction().settle(settlements.first(settlements.size() - 1));
      if (settled) settled->push_back(Settled::ours);
      return settled;
    }
  };
  must_come_to_light<Forgetful>();
}

TEST_CASE("planted: an intent is not committed") {
  struct Hasty final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::CommitToken> commit_transaction() override {
      end_transaction();
      return journal::CommitToken::durable();
    }
  };
  must_come_to_light<Hasty>();
}

TEST_CASE("planted: a failure is recorded as a success") {
  struct Rosy final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) override {
      std::vector<Settlement> changed{settlements.begin(), settlements.end()};
      for (auto& settlement : changed) settlement.by = Transition::succeed;
      return sound_transaction().settle(changed);
    }
  };
  must_come_to_light<Rosy>();
}

TEST_CASE("planted: a failure spends no attempt") {
  struct Patient final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) override {
      std::vector<Settlement> changed{settlements.begin(), settlements.end()};
      for (auto& settlement : changed) settlement.forgive = true;
      return sound_transaction().settle(changed);
    }
  };
  must_come_to_light<Patient>({.failures = 2});
}

TEST_CASE("planted: the stored mark stands above what waits") {
  struct Farsighted final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> save_progress(std::span<const journal::DeliveryQueue> queues,
                           std::int64_t last_wakeup) override {
      std::vector<journal::DeliveryQueue> changed{queues.begin(), queues.end()};
      for (auto& queue : changed) queue.low_watermark = Position{queue.low_watermark.value() + 1};
      return sound_transaction().save_progress(changed, last_wakeup);
    }
  };
  must_come_to_light<Farsighted>({.crashes = 1});
}

TEST_CASE("planted: the stored mark is not lowered for what is loaded") {
  struct Stubborn final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> save_progress(std::span<const journal::DeliveryQueue> queues,
                           std::int64_t last_wakeup) override {
      auto changed = sound().queues(QueueNo{}).value();
      for (auto& old : changed)
        for (const auto& queue : queues)
          if (queue.no == old.no) old.low_watermark = std::max(old.low_watermark, queue.low_watermark);
      return sound_transaction().save_progress(changed, last_wakeup);
    }
  };
  must_come_to_light<Stubborn>({.crashes = 1, .pauses = 1});
}

TEST_CASE("planted: a wakeup is not seen") {
  struct Deaf final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t, std::size_t) override {
      return std::vector<journal::LaneWakeup>{};
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
      if (before->open && sound().head(row.key).value()->state == DeliveryState::retry_wait)
        before->open.reset();
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
    Result<std::size_t> recover(journal::Orphans, const journal::Abandoned&, WallTime, std::size_t) override {
      return 0;
    }
  };
  must_come_to_light<Careless>({.crashes = 1});
}

TEST_CASE("planted: what others commit is not noticed") {
  struct Selfish final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<journal::Changes> changes() override { return journal::Changes{}; }
  };
  must_come_to_light<Selfish>({.elsewhere = 1});
}

TEST_CASE("planted: the next retry is forgotten") {
  struct Timeless final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::optional<WallTime>> next_due(QueueNo, const journal::DuePlace&) override {
      return std::nullopt;
    }
  };
  must_come_to_light<Timeless>({.crashes = 1});
}

TEST_CASE("planted: a replay wakes nobody") {
  struct Silent final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override {
      auto wakeups = sound().wakeups(after, limit);
      std::erase_if(*wakeups, [](const journal::LaneWakeup& wakeup) { return wakeup.from_here; });
      return wakeups;
    }
  };
  must_come_to_light<Silent>({.replays = 1});
}

TEST_CASE("planted: a pause is not noticed") {
  struct Busy final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override {
      const auto sound_set = sound().subscriptions().value();
      std::vector<Subscription> all;
      for (const auto& one : sound_set->all()) all.emplace_back(*one).paused_at.reset();
      return std::make_shared<const SubscriptionSet>(std::move(all), sound_set->version());
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
    Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override {
      if (!last_ || last_->version() < 2) last_ = sound().subscriptions().value();
      return last_;
    }
    std::shared_ptr<const SubscriptionSet> last_;
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
  setting.options_bug = [](flow::RunOptions& options) { ++options.requests.per_host; };
  must_come_to_light(setting, {});
}

TEST_CASE("planted: a host's gate is too narrow") {
  Setting setting = small();
  setting.rules.per_host = 2;
  setting.options_bug = [](flow::RunOptions& options) { --options.requests.per_host; };
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

TEST_CASE("planted: the stored mark stands above what a fan-out has put below a lane") {
  struct Upright final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<> save_progress(std::span<const journal::DeliveryQueue> queues,
                           std::int64_t last_wakeup) override {
      std::vector<journal::DeliveryQueue> changed{queues.begin(), queues.end()};
      for (auto& queue : changed) {
        const auto rows = sound().scan(queue.no, Position{}, 1000).value();
        const auto begun_above = [&](const journal::DeliveryRow& row) {
          return std::any_of(rows.begin(), rows.end(), [&](const journal::DeliveryRow& other) {
            return other.entity == row.entity && other.sequence > row.sequence && other.attempts > 0;
          });
        };
        const auto first = std::find_if(rows.begin(), rows.end(), [&](const journal::DeliveryRow& row) {
          return !is_final(row.state) && !begun_above(row);
        });
        if (first != rows.end())
          queue.low_watermark = std::max(queue.low_watermark, Position{first->key.position.value() - 1});
      }
      return sound_transaction().save_progress(changed, last_wakeup);
    }
  };
  must_come_to_light<Upright>(filled_from_behind(),
                              {.failures = 0, .crashes = 1, .fan_outs = 1, .pauses = 1});
}

TEST_CASE("planted: a lane is read only above what was sent of it") {
  struct Upwards final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::DeliveryRow>> open_in_lane(const journal::DeliveryRow& row,
                                                           std::size_t limit) override {
      auto open = sound().open_in_lane(row, limit);
      std::erase_if(*open, [&](const auto& other) { return other.sequence < row.sequence; });
      return open;
    }
  };
  must_come_to_light<Upwards>(filled_from_behind(), {.failures = 0, .fan_outs = 1});
}

TEST_CASE("planted: a retry is told once however early it was told") {
  struct Curt final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::DeliveryRow>> due(QueueNo queue, const journal::DuePlace& after,
                                                  const journal::DuePlace& until,
                                                  std::size_t limit) override {
      auto rows = sound().due(queue, after, until, limit);
      std::erase_if(*rows, [&](const auto& row) { return !told_.emplace(row.key, row.attempts).second; });
      return rows;
    }
    std::set<std::pair<journal::DeliveryKey, unsigned>> told_;
  };
  must_come_to_light<Curt>(filled_from_behind(), {.failures = 1, .fan_outs = 1});
}

TEST_CASE("planted: a wakeup of a paused subscription is passed over") {
  struct Blind final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override {
      auto wakeups = sound().wakeups(after, limit);
      const auto paused = [&](QueueNo no) {
        const auto queues = sound().queues(QueueNo{}).value();
        const auto subscriptions = sound().subscriptions().value();
        for (const auto& queue : queues) {
          const auto one = subscriptions->find(queue.subscription);
          if (queue.no == no && one) return one->paused_at.has_value();
        }
        return false;
      };
      for (auto& wakeup : *wakeups)
        if (paused(wakeup.key.queue)) wakeup.key.position = Position{1'000'000};
      return wakeups;
    }
  };
  Setting setting = filled_from_behind();
  setting.rules.subscribed_later = false;
  must_come_to_light<Blind>(setting, {.failures = 0, .operators = 1, .halts = 1});
}

TEST_CASE("planted: what was passed over at a full limiter is not read again") {
  struct Once final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::DeliveryRow>> scan(QueueNo queue, Position after,
                                                   std::size_t limit) override {
      auto rows = sound().scan(queue, after, limit);
      std::erase_if(*rows, [&](const auto& row) {
        return row.state == DeliveryState::pending && !told_.insert(row.key).second;
      });
      return rows;
    }
    std::set<journal::DeliveryKey> told_;
  };
  Setting setting{.events = {{"x1", "X", 1, ""}, {"y1", "Y", 1, ""}, {"z1", "Z", 1, ""}, {"a", "A", 1, ""}},
                  .rules = {.subscribed = "http://s.test/hook",
                            .breaker = policy::BreakerPolicy{1, std::chrono::seconds{30}, 1, 1}}};
  setting.rules.window = flow::WindowLimits{4, 6, 2, 2, 2, 1, 1};
  must_come_to_light<Once>(setting, {.failures = 1, .halts = 1});
}

TEST_CASE("planted: a run after a crash does not know who has asked for time") {
  struct Heedless final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::ThrottleRow>> throttles() override {
      return std::vector<journal::ThrottleRow>{};
    }
  };
  must_come_to_light<Heedless>({.failures = 0, .throttles = 1, .crashes = 1});
}

TEST_CASE("planted: who asks for time costs an attempt") {
  struct Strict final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<Settled>> settle(std::span<const Settlement> settlements) override {
      std::vector<Settlement> changed{settlements.begin(), settlements.end()};
      for (auto& settlement : changed) settlement.forgive = false;
      return sound_transaction().settle(changed);
    }
  };
  must_come_to_light<Strict>({.failures = 0, .throttles = 1});
}

TEST_CASE("planted: a wait that an operator has ended is not asked about") {
  struct Deaf final : FlawedJournal {
    using FlawedJournal::FlawedJournal;
    Result<std::vector<journal::LaneWakeup>> wakeups(std::int64_t after, std::size_t limit) override {
      auto wakeups = sound().wakeups(after, limit);
      for (auto& wakeup : *wakeups) wakeup.ask = wakeup.asked = {};
      return wakeups;
    }
  };
  must_come_to_light<Deaf>({.failures = 0, .throttles = 1, .operators = 1});
}
