#include "flow/run.hpp"

#include "flow/dispatcher.hpp"
#include "flow/follower.hpp"
#include "flow/intake/intake.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace dispatch::flow {
namespace {

using namespace std::chrono_literals;

/// A follower looks at the journal so often.
constexpr auto follow_every = 50ms;
/// To look takes time in a journal in which much is blocked: most of the machine is left to the dispatcher.
constexpr int rests_for_each_look = 4;
constexpr std::size_t follower_batches = 4;
/// Who only accepts looks so often whether the journal is still there, while no event comes.
constexpr auto look_every = 1s;

/// What a run knows of its input and of the wish to stop, whether it owns the journal or follows.
struct RunProgress {
  bool input_ended = false;
  std::optional<Error> input_error;
  bool told = false;  ///< of it
  std::optional<Error> checkpoint_error;
  Stop stop = Stop::none;

  /// True if a turn has something to do with the mail.
  bool is_news(const Mail& mail) const {
    return !mail.reports.empty() || !mail.incoming.empty() || mail.stop != Stop::none ||
           (mail.input_ended && !input_ended);
  }
  void note(Mail& mail) {
    input_ended = input_ended || mail.input_ended;
    if (mail.input_error) input_error = std::exchange(mail.input_error, std::nullopt);
    stop = mail.stop;
  }
  void note(const Acceptance& context, Intake& intake) {
    if (auto error = intake.take_error()) input_error = std::move(error);
    if (!intake.stopped() || input_ended) return;
    context.inbox.close_input();
    input_ended = true;
  }
  /// The run goes on without the rest of its input: said now, as its end may be far.
  void tell(const Acceptance& context) {
    if (input_error && !std::exchange(told, true)) context.log->error("{}", input_error->message);
  }
  /// What was committed stands, but the journal cannot go on for long: requests under way end and are
  /// recorded, no new one starts, and then that is the error of the run.
  void note_checkpoint(const Acceptance& context) {
    auto error = context.journal.take_checkpoint_error();
    if (!error) return;
    context.log->error("{}", error->message);
    if (!checkpoint_error) checkpoint_error = std::move(error);
    context.inbox.stop(Stop::drain);
  }
  Result<RunResult> end(Intake& intake, RunResult::How how, std::int64_t remaining, bool followed = false) {
    if (checkpoint_error) return tl::unexpected(std::move(*checkpoint_error));
    if (input_error) return tl::unexpected(std::move(*input_error));
    if (how == RunResult::How::interrupted && !input_ended) intake.note_cut_input();
    return RunResult{how, remaining, followed};
  }
};

/// Leaves the roster at the end of the run, however that ends.
class Membership {
 public:
  explicit Membership(journal::Roster& roster) : roster_(roster) {}
  ~Membership() { roster_.leave(); }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  journal::Roster& roster_;
};

/// As the journal's owner.
Result<RunResult> dispatch_all(const RunContext& context, const RunOptions& options,
                               const journal::Abandoned& left, Intake& intake, SharedStats& shared_stats,
                               RunProgress& progress) {
  shared_stats.update([](RunStats& stats) { stats.following = false; });
  Dispatcher dispatcher{context, options, intake, shared_stats};
  DISPATCH_TRY(dispatcher.start(left));
  bool aborted = false;
  SteadyTime::duration waited{0};  ///< for the mail of the next turn
  const auto remaining = [&] { return shared_stats.snapshot().state_counts.open(); };
  while (true) {
    const WallTime now = context.clock.wall();
    const auto sleep = dispatcher.wake_at(now) - now;
    const bool told = progress.stop != Stop::none && dispatcher.in_flight() == 0;
    const auto idle_since = context.clock.steady();
    Mail mail = context.inbox.take(told ? idle_since : idle_since + sleep, intake.empty() ? 1 : 0,
                                   dispatcher.gathering());
    const auto busy_since = context.clock.steady();
    waited += busy_since - idle_since;
    const bool has_news = progress.is_news(mail);
    progress.note(mail);
    if (progress.stop != Stop::none) dispatcher.drain();
    if (progress.stop == Stop::abort && !std::exchange(aborted, true)) context.transport.abort();
    DISPATCH_TRY(dispatcher.let_go());
    if (!has_news && mail.woken) continue;  // a commit became durable; what is due is done in the next round
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(dispatcher.turn(std::move(mail)));
    progress.note_checkpoint(context);
    dispatcher.note(std::exchange(waited, {}), context.clock.steady() - busy_since);
    progress.note(context, intake);

    const bool stopped =
        progress.stop != Stop::none && quiet && intake.empty() && dispatcher.in_flight() == 0;
    const bool finished = progress.stop == Stop::none && progress.input_ended && dispatcher.finished();
    if (!stopped && !finished) {
      progress.tell(context);
      continue;
    }
    DISPATCH_TRY(dispatcher.save_progress());
    return progress.end(intake, stopped ? RunResult::How::interrupted : RunResult::How::finished,
                        remaining());
  }
}

/// While another process owns the journal. Nothing: this one does, and `joined` says what it has won.
Result<std::optional<RunResult>> follow(const RunContext& context, Intake& intake, SharedStats& shared_stats,
                                        RunProgress& progress, journal::Roster::Joined& joined, bool all) {
  shared_stats.update([](RunStats& stats) { stats.following = true; });
  Follower follower{context, intake, shared_stats};
  if (all) follower.follow_all();
  SteadyTime::duration rest = follow_every;
  while (true) {
    const bool busy = !intake.empty();
    Mail mail = context.inbox.take(context.clock.steady() + (busy ? SteadyTime::duration{0} : rest),
                                   busy ? 0 : follower_batches);
    progress.note(mail);
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(context.journal.check_in_place());
    DISPATCH_TRY(follower.turn(std::move(mail)));
    progress.note_checkpoint(context);
    progress.note(context, intake);
    if (!intake.empty()) continue;

    const bool input_done = progress.input_ended || (progress.stop != Stop::none && quiet);
    if (input_done || progress.stop != Stop::none) {
      const SteadyTime before = context.clock.steady();
      DISPATCH_ASSIGN(const auto own, follower.own());
      rest = std::max<SteadyTime::duration>(follow_every,
                                            rests_for_each_look * (context.clock.steady() - before));
      if (progress.stop != Stop::none && quiet) {
        DISPATCH_ASSIGN(auto result, progress.end(intake, RunResult::How::interrupted, own.blocked, true));
        return result;
      }
      if (input_done && !own.moving) {
        DISPATCH_ASSIGN(auto result, progress.end(intake, RunResult::How::finished, own.blocked, true));
        return result;
      }
    }
    progress.tell(context);
    DISPATCH_ASSIGN(joined, context.roster.join());
    if (joined.won.any()) return std::optional<RunResult>{};
  }
}

/// As a follower while another process owns the journal, then as its owner.
Result<RunResult> follow_or_dispatch(const RunContext& context, const RunOptions& options, Intake& intake,
                                     SharedStats& shared_stats) {
  RunProgress progress;
  const Membership membership{context.roster};
  DISPATCH_ASSIGN(auto joined, context.roster.join());
  if (joined.won.none()) {
    DISPATCH_ASSIGN(auto result, follow(context, intake, shared_stats, progress, joined, options.follow_all));
    if (result) return *result;
    context.log->info("the journal is free: this process dispatches now");
  }
  return dispatch_all(context, options, joined.left, intake, shared_stats, progress);
}

Result<RunResult> accept_all(const Acceptance& context, Intake& intake, SharedStats& shared_stats) {
  Follower appender{context, intake, shared_stats};
  RunProgress progress;
  while (true) {
    const bool busy = !intake.empty();
    const SteadyTime now = context.clock.steady();
    Mail mail = context.inbox.take(busy || progress.stop != Stop::none ? now : now + look_every,
                                   busy ? 0 : follower_batches);
    progress.note(mail);
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(context.journal.check_in_place());
    DISPATCH_TRY(appender.turn(std::move(mail)));
    progress.note_checkpoint(context);
    progress.note(context, intake);
    if (!intake.empty()) continue;
    if (progress.stop != Stop::none && quiet) return progress.end(intake, RunResult::How::interrupted, 0);
    if (progress.input_ended) return progress.end(intake, RunResult::How::finished, 0);
  }
}

}  // namespace

Result<RunResult> run(const RunContext& context, const RunOptions& options, SharedStats& shared_stats) {
  Intake intake{context, options, shared_stats};
  auto result = follow_or_dispatch(context, options, intake, shared_stats);
  intake.finish();
  return result;
}

Result<RunResult> accept(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats) {
  Intake intake{context, options, shared_stats};
  auto result = accept_all(context, intake, shared_stats);
  intake.finish();
  return result;
}

}  // namespace dispatch::flow
