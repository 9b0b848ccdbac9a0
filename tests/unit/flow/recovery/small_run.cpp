#include "unit/flow/recovery/small_run.hpp"

#include "support/journal/dead_letters.hpp"
#include "support/journal/late_journal.hpp"

#include <fmt/format.h>

namespace dispatch::test {
namespace {

using namespace std::chrono_literals;

constexpr int rounds_most = 300;

const std::string big_payload = '"' + std::string(9'000, 'p') + '"';  // more than a page

const std::vector<Line> morning{
    {"a1", "A", 1},
    {"a2", "A", 2, "http://a.test/hook", big_payload},
    {"b1", "B", 1},
    {"b2", "B", 2},
    {"c1", "C", 1, "http://b.test/hook"},
    {"c3", "C", 3, "http://b.test/hook"},
    {"l1", "", {}, "http://b.test/lonely"},
};
const std::vector<Line> evening{
    {"a1", "A", 1},
    {"a3", "A", 3},
    {"a4", "A", 4},
    {"b3", "B", 3},
    {"c4", "C", 4, "http://b.test/hook", big_payload},
    {"l2", "", {}, "http://a.test/lonely"},
};
/// Whom the event follows in its lane.
const std::map<std::string, std::string> before{{"a2", "a1"}, {"a3", "a2"}, {"a4", "a3"}, {"b2", "b1"},
                                                {"b3", "b2"}, {"c3", "c1"}, {"c4", "c3"}};

flow::RunOptions run_options(flow::CommitWait wait) {
  flow::RunOptions options;
  options.commit_wait = wait;
  options.retry.attempts = 2;
  return options;
}

/// How the receiver takes the `nth` request for an event.
Outcome answer(const std::string& id, int nth) {
  if (id == "a2" && nth == 1) return answered(503);
  if (id == "b1" && nth <= 2) return answered(500);
  if (id == "l1" && nth == 1) return unanswered(OutcomeKind::timeout);
  return answered(200);
}

}  // namespace

journal::SqliteOptions SmallRun::journal_options() {
  journal::SqliteOptions options;
  options.checkpoint_pages = 60;
  return options;
}

SmallRun::SmallRun(Setting setting)
    : setting_(std::move(setting)),
      fixture_(DispatcherFixture::Dark{}, run_options(setting_.wait), setting_.journal) {
  fixture_.through = setting_.through;
  if (!fixture_.through && setting_.wait == flow::CommitWait::never)
    fixture_.through = [](auto sound) { return std::make_unique<LateJournal>(std::move(sound)); };
}

void SmallRun::committed(bool durable) {
  ++commits_;
  if (durable) durable_ = commits_;
  receive();
  if (after_commit) after_commit();
}

void SmallRun::receive() {
  const auto sent = fixture_.transport.sent_ids();
  for (; received_ < sent.size(); ++received_) {
    const auto& id = sent[received_];
    ++seen_[id].requests;
    const auto predecessor = before.find(id);
    if (predecessor != before.end() && seen_[predecessor->second].acknowledged == 0)
      complaints_.push_back(fmt::format("{} came before {} was acknowledged", id, predecessor->second));
  }
}

bool SmallRun::answer_all() {
  const auto ids = fixture_.transport.under_way_ids();
  for (const auto& id : ids) {
    const auto outcome = answer(id, seen_[id].requests);
    if (outcome.status == 200) ++seen_[id].acknowledged;
    fixture_.transport.finish(id, outcome);
  }
  return !ids.empty();
}

Result<> SmallRun::operate() {
  auto journal = journal::SqliteJournal::open(fixture_.journal_path(), setting_.journal);
  if (!journal) return tl::unexpected(std::move(journal).error());
  auto transaction = (*journal)->begin();
  if (!transaction) return tl::unexpected(std::move(transaction).error());
  const WallTime now = fixture_.clock.wall();
  const auto released = (*transaction)->release(dead_letters(**journal), now);
  if (!released) return tl::unexpected(released.error());
  if (*released == 0) {
    const auto skipped = (*transaction)->skip_gap("C", std::nullopt, now);
    if (!skipped) return tl::unexpected(skipped.error());
  }
  DISPATCH_TRY(journal::commit_durably(**transaction));
  committed();
  if (auto error = (*journal)->take_checkpoint_error()) return tl::unexpected(std::move(*error));
  return {};
}

/// Begins a turn that is larger than the memory it has, so that part of it is in the log, and gives it up: as
/// an ingest whose rejects file takes nothing.
Result<> SmallRun::neighbour_fails() {
  if (neighbour_ == nullptr) {
    auto options = setting_.journal;
    options.cache_bytes = 128 * 1024;
    auto journal = journal::SqliteJournal::open(fixture_.journal_path(), options);
    if (!journal) return tl::unexpected(std::move(journal).error());
    neighbour_ = std::move(*journal);
  }
  auto transaction = neighbour_->begin();
  if (!transaction) return tl::unexpected(std::move(transaction).error());
  const auto large =
      test::incoming({{"n1", "N", 1, "http://n.test/hook", '"' + std::string(120'000, 'p') + '"'}});
  const auto appended = (*transaction)->append(large.batch.arrivals, {}, fixture_.clock.wall());
  if (!appended) return tl::unexpected(appended.error());
  return {};
}

/// It reads once more and ends.
Result<> SmallRun::neighbour_goes() {
  const auto row = neighbour_->state_counts();
  neighbour_.reset();
  if (!row) return tl::unexpected(row.error());
  return {};
}

Result<> SmallRun::play() {
  DISPATCH_TRY(fixture_.rise());
  committed();
  fixture_.arrive(morning);
  bool is_evening = false;
  for (int round = 0; round < rounds_most; ++round) {
    if (round == 1 || round == 6) DISPATCH_TRY(neighbour_fails());
    DISPATCH_TRY(fixture_.try_play([this] { committed(!fixture_.dispatcher().is_syncing()); }));
    durable_ = commits_;
    if (auto error = fixture_.journal().take_checkpoint_error()) return tl::unexpected(std::move(*error));
    if (neighbour_ != nullptr && (round == 3 || round == 7)) DISPATCH_TRY(neighbour_goes());
    const auto state_counts = fixture_.stats().state_counts;
    if (answer_all()) continue;
    if (!is_evening) {
      fixture_.arrive(evening);
      is_evening = true;
    } else if (state_counts.of(DeliveryState::retry_wait) > 0) {
      fixture_.clock.tick(1min);
    } else if (state_counts.open() > 0) {
      DISPATCH_TRY(operate());
    } else {
      DISPATCH_TRY(fixture_.dispatcher().save_progress());
      committed();
      return fixture_.journal().checkpoint();
    }
  }
  return fail("the run does not come to its end");
}

}  // namespace dispatch::test
