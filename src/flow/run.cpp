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
struct Course {
  bool input_ended = false;
  std::optional<Error> input_error;
  bool told = false;  ///< of it
  std::optional<Error> checkpoint_error;
  Stop stop = Stop::none;

  void note(Mail& mail) {
    input_ended = input_ended || mail.input_ended;
    if (mail.input_error) input_error = std::exchange(mail.input_error, std::nullopt);
    stop = mail.stop;
  }
  void note(const Acceptance& parts, Intake& intake) {
    if (auto error = intake.take_error()) input_error = std::move(error);
    if (!intake.stopped() || input_ended) return;
    parts.inbox.close_input();
    input_ended = true;
  }
  /// The run goes on without the rest of its input: said now, as its end may be far.
  void tell(const Acceptance& parts) {
    if (input_error && !std::exchange(told, true)) parts.log->error("{}", input_error->message);
  }
  /// What was committed stands, but the journal cannot go on for long: requests under way end and are
  /// recorded, no new one starts, and then that is the error of the run.
  void note_checkpoint(const Acceptance& parts) {
    auto error = parts.journal.take_checkpoint_error();
    if (!error) return;
    parts.log->error("{}", error->message);
    if (!checkpoint_error) checkpoint_error = std::move(error);
    parts.inbox.stop(Stop::drain);
  }
  Result<Ending> end(Intake& intake, Ending::How how, std::int64_t remaining, bool followed = false) {
    if (checkpoint_error) return tl::unexpected(std::move(*checkpoint_error));
    if (input_error) return tl::unexpected(std::move(*input_error));
    if (how == Ending::How::interrupted && !input_ended) intake.note_cut_input();
    return Ending{how, remaining, followed};
  }
};

/// As the journal's owner.
Result<Ending> dispatch_all(const Parts& parts, const RunOptions& options, Intake& intake,
                            Scoreboard& scoreboard, Course& course) {
  scoreboard.update([](Figures& figures) { figures.following = false; });
  Dispatcher dispatcher{parts, options, intake, scoreboard};
  DISPATCH_TRY(dispatcher.start());
  bool aborted = false;
  const auto remaining = [&] { return scoreboard.snapshot().tally.open(); };
  while (true) {
    const WallTime now = parts.clock.wall();
    const auto sleep = dispatcher.wake_at(now) - now;
    const bool told = course.stop != Stop::none && dispatcher.in_flight() == 0;
    const auto idle_since = parts.clock.steady();
    Mail mail = parts.inbox.take(told ? idle_since : idle_since + sleep, intake.empty() ? 1 : 0);
    const auto busy_since = parts.clock.steady();
    course.note(mail);
    if (course.stop != Stop::none) dispatcher.drain();
    if (course.stop == Stop::abort && !std::exchange(aborted, true)) parts.transport.abort();
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(dispatcher.turn(std::move(mail)));
    course.note_checkpoint(parts);
    dispatcher.note(busy_since - idle_since, parts.clock.steady() - busy_since);
    course.note(parts, intake);

    const bool stopped = course.stop != Stop::none && quiet && intake.empty() && dispatcher.in_flight() == 0;
    const bool finished = course.stop == Stop::none && course.input_ended && dispatcher.finished();
    if (!stopped && !finished) {
      course.tell(parts);
      continue;
    }
    DISPATCH_TRY(dispatcher.remember());
    return course.end(intake, stopped ? Ending::How::interrupted : Ending::How::finished, remaining());
  }
}

/// While another process owns the journal. Nothing: it does not any more.
Result<std::optional<Ending>> follow(const Parts& parts, Intake& intake, Scoreboard& scoreboard,
                                     Course& course, std::shared_ptr<void>& ownership, bool all) {
  scoreboard.update([](Figures& figures) { figures.following = true; });
  Follower follower{parts, intake, scoreboard};
  if (all) follower.follow_all();
  SteadyTime::duration rest = follow_every;
  while (true) {
    const bool busy = !intake.empty();
    Mail mail = parts.inbox.take(parts.clock.steady() + (busy ? SteadyTime::duration{0} : rest),
                                 busy ? 0 : follower_batches);
    course.note(mail);
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(parts.journal.check_in_place());
    DISPATCH_TRY(follower.turn(std::move(mail)));
    course.note_checkpoint(parts);
    course.note(parts, intake);
    if (!intake.empty()) continue;

    const bool input_done = course.input_ended || (course.stop != Stop::none && quiet);
    if (input_done || course.stop != Stop::none) {
      const SteadyTime before = parts.clock.steady();
      const auto own = follower.own();
      if (!own) return tl::unexpected(own.error());
      rest =
          std::max<SteadyTime::duration>(follow_every, rests_for_each_look * (parts.clock.steady() - before));
      if (course.stop != Stop::none && quiet) {
        auto ending = course.end(intake, Ending::How::interrupted, own->blocked, true);
        if (!ending) return tl::unexpected(std::move(ending).error());
        return *ending;
      }
      if (input_done && !own->moving) {
        auto ending = course.end(intake, Ending::How::finished, own->blocked, true);
        if (!ending) return tl::unexpected(std::move(ending).error());
        return *ending;
      }
    }
    course.tell(parts);
    auto taken = parts.own();
    if (!taken) return tl::unexpected(std::move(taken).error());
    ownership = std::move(*taken);
    if (ownership != nullptr) return std::optional<Ending>{};
  }
}

/// As a follower while another process owns the journal, then as its owner.
Result<Ending> follow_or_dispatch(const Parts& parts, const RunOptions& options, Intake& intake,
                                  Scoreboard& scoreboard) {
  Course course;
  auto taken = parts.own();
  if (!taken) return tl::unexpected(std::move(taken).error());
  auto ownership = std::move(*taken);
  if (ownership == nullptr) {
    auto ending = follow(parts, intake, scoreboard, course, ownership, options.follow_all);
    if (!ending) return tl::unexpected(std::move(ending).error());
    if (*ending) return **ending;
    parts.log->info("the journal is free: this process dispatches now");
  }
  return dispatch_all(parts, options, intake, scoreboard, course);
}

Result<Ending> accept_all(const Acceptance& parts, Intake& intake, Scoreboard& scoreboard) {
  Follower appender{parts, intake, scoreboard};
  Course course;
  while (true) {
    const bool busy = !intake.empty();
    const SteadyTime now = parts.clock.steady();
    Mail mail = parts.inbox.take(busy || course.stop != Stop::none ? now : now + look_every,
                                 busy ? 0 : follower_batches);
    course.note(mail);
    const bool quiet = mail.incoming.empty();
    DISPATCH_TRY(parts.journal.check_in_place());
    DISPATCH_TRY(appender.turn(std::move(mail)));
    course.note_checkpoint(parts);
    course.note(parts, intake);
    if (!intake.empty()) continue;
    if (course.stop != Stop::none && quiet) return course.end(intake, Ending::How::interrupted, 0);
    if (course.input_ended) return course.end(intake, Ending::How::finished, 0);
  }
}

}  // namespace

Result<Ending> run(const Parts& parts, const RunOptions& options, Scoreboard& scoreboard) {
  Intake intake{parts, options, scoreboard};
  auto ending = follow_or_dispatch(parts, options, intake, scoreboard);
  intake.finish();
  return ending;
}

Result<Ending> accept(const Acceptance& parts, const RunOptions& options, Scoreboard& scoreboard) {
  Intake intake{parts, options, scoreboard};
  auto ending = accept_all(parts, intake, scoreboard);
  intake.finish();
  return ending;
}

}  // namespace dispatch::flow
