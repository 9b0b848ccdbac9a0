// Killed at every place that has a name, and at each of them more than once.

#include "base/system/fd.hpp"
#include "journal/sqlite/verify/verify.hpp"
#include "system/crash/crash_points.hpp"
#include "system/crash/trial.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>

#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// Statements and the names of files differ from each other, so that each is tried.
bool differs_each_time(std::string_view point) {
  return point == system_point::statement || point == system_point::file_name;
}

/// Which time past a point comes after `count`.
int next_count(std::string_view point, int count) {
  return differs_each_time(point) || count < 3 ? count + 1 : count + count / 2;
}
int most_tries(std::string_view point) {
  return differs_each_time(point) ? 30 : 6;
}

void require_kept(const std::vector<std::string>& broken) {
  for (const auto& promise : broken) MESSAGE(promise);
  REQUIRE(broken.empty());
}

bool killed(const Ended& ended) {
  return ended.signal == SIGKILL;
}

/// A way through the program, and the points that lie on it.
struct Road {
  std::vector<std::string_view> points;
  /// Goes the way until the process ends there, and then to the end. False where it survived.
  bool (*travel)(const EndAt& at);
};

void travel_all(const Road& road) {
  for (const auto point : road.points) {
    int count = 1;
    for (int tries = 0; tries < most_tries(point); ++tries) {
      CAPTURE(point);
      CAPTURE(count);
      const bool reached = road.travel({point, count});
      if (count == 1) REQUIRE(reached);
      if (!reached) break;  // it does not come past so often
      count = next_count(point, count);
    }
  }
}

// --- A run over some streams, one of which arrives out of order, with failures on the way and a line that is
// none.

std::string lines() {
  std::string text = streams(4, 5);
  text += event_line("late-2", "late", 2) + event_line("late-3", "late", 3) + event_line("late-1", "late", 1);
  text += R"({"event_id":"alone","payload":{}})"
          "\n";
  text += event_line("E0-1", "E0", 1);  // again
  text += "this is no event\n";
  return text;
}

std::set<std::string> ids_of_lines() {
  std::set<std::string> ids{"late-1", "late-2", "late-3", "alone"};
  for (int entity = 0; entity < 4; ++entity)
    for (int sequence = 1; sequence <= 5; ++sequence) ids.insert(fmt::format("E{}-{}", entity, sequence));
  return ids;
}

Answer fail_some_first(const Received& request, std::size_t nth) {
  Answer answer;
  answer.delay = std::chrono::milliseconds{1};
  const auto id = id_of(request);
  if (nth == 1 && (id == "E0-2" || id == "E3-1" || id == "late-2")) answer.status = 503;
  return answer;
}

bool travel_run(const EndAt& at, const std::map<std::string, std::string>& environment) {
  const Trial trial{fail_some_first};
  const std::vector<std::string> run{"run",        trial.directory().write("events.jsonl", lines()),
                                     "--to",       trial.receiver().url(),
                                     "--per-host", "3",
                                     "--backoff",  "2ms..5ms",
                                     "--quiet"};
  bool reached = false;
  for (int i = 0; i < 3; ++i) {  // what goes on is killed as well
    const auto ended = trial.run(run, at, environment);
    require_kept(trial.broken());
    if (!killed(ended)) {
      REQUIRE(ended.exit_code == 4);
      break;
    }
    reached = true;
  }
  REQUIRE(trial.run(run).exit_code == 4);
  require_kept(trial.broken_when_done(ids_of_lines()));
  REQUIRE(has(run_dispatch(trial.directory(), {"rejects", "export", "--all"}).out, "this is no event"));

  const auto before = trial.receiver().count();
  REQUIRE(trial.run(run).exit_code == 4);
  REQUIRE(trial.receiver().count() == before);
  return reached;
}

bool travel_run(const EndAt& at) {
  return travel_run(at, {});
}

/// The same where turns are committed while the disk still syncs the one before.
bool travel_slow_run(const EndAt& at) {
  return travel_run(at, {{"LD_PRELOAD", DISPATCH_PRELOADED_SLOW_DISK}, {"DISPATCH_BENCH_SYNC_US", "4000"}});
}

const Road running{{"migrated",
                    "migration_staged",
                    "migration_committed",
                    "events_appended",
                    "outcomes_staged",
                    "intents_staged",
                    "turn_staged",
                    "turn_committed",
                    "intents_committed",
                    "request_started",
                    system_point::first_byte_sent,
                    system_point::request_sent,
                    "answers_arrived",
                    "outcomes_committed",
                    "progress_saved",
                    "checkpoint_begins",
                    system_point::database_write,
                    system_point::truncation,
                    "checkpoint_ended",
                    system_point::statement,
                    system_point::wal_write},
                   travel_run};

const Road running_slowly{
    {"turn_staged", "turn_committed", "turn_unsynced", "intents_committed", "request_started",
     "answers_arrived", "outcomes_committed", "progress_saved", "checkpoint_begins", system_point::wal_write},
    travel_slow_run};

// --- A run that finds what another left in flight.

Answer succeed(const Received&, std::size_t) {
  Answer answer;
  answer.delay = std::chrono::milliseconds{1};
  return answer;
}

std::vector<std::string> resume(const Trial& trial, const std::vector<std::string>& options = {}) {
  std::vector<std::string> run{"run", "--to", trial.receiver().url(), "--quiet"};
  run.insert(run.end(), options.begin(), options.end());
  return run;
}

/// Ends with deliveries in flight; gives the ids of all events.
std::set<std::string> leave_in_flight(const Trial& trial) {
  const auto file = trial.directory().write("events.jsonl", streams(4, 3));
  REQUIRE(killed(
      trial.run({"run", file, "--to", trial.receiver().url(), "--quiet"}, EndAt{"intents_committed", 2})));
  require_kept(trial.broken());
  std::set<std::string> ids;
  for (const auto& [id, event] : trial.stored()) ids.insert(id);
  REQUIRE(ids.size() == 12);
  return ids;
}

bool travel_recovery(const EndAt& at) {
  const Trial trial{succeed};
  const auto ids = leave_in_flight(trial);
  const bool reached = killed(trial.run(resume(trial), at));
  require_kept(trial.broken());
  REQUIRE(trial.run(resume(trial)).exit_code == 0);
  require_kept(trial.broken_when_done(ids));
  return reached;
}

bool travel_recovery_with_hold(const EndAt& at) {
  const Trial trial{succeed};
  const auto ids = leave_in_flight(trial);
  const auto hold = resume(trial, {"--orphans", "hold"});
  std::set<std::string> orphans;
  for (const auto& [id, event] : trial.stored())
    if (event.state == DeliveryState::in_flight) orphans.insert(id);
  REQUIRE_FALSE(orphans.empty());

  const bool reached = killed(trial.run(hold, at));
  require_kept(trial.broken());
  REQUIRE(trial.run(hold).exit_code == 3);
  require_kept(trial.broken());
  const auto events = trial.stored();
  for (const auto& id : orphans) {
    REQUIRE(events.at(id).state == DeliveryState::dead_letter);
    REQUIRE(events.at(id).attempts == 1);
  }
  REQUIRE(trial.run({"dlq", "release", "--all"}).exit_code == 0);
  REQUIRE(trial.run(resume(trial)).exit_code == 0);
  require_kept(trial.broken_when_done(ids));
  return reached;
}

const Road recovering{{"orphans_staged", "orphans_committed", "turn_staged", "turn_committed",
                       system_point::statement, system_point::wal_write},
                      travel_recovery};
const Road holding{recovering.points, travel_recovery_with_hold};

// --- An operator who moves a dead letter or skips a gap.

/// A dead letter that two wait behind, a gap that two wait behind, and a receiver that has been mended.
class Troubled {
 public:
  Troubled() {
    const std::string text = event_line("a1", "A", 1) + event_line("a2", "A", 2) + event_line("a3", "A", 3) +
                             event_line("b3", "B", 3) + event_line("b4", "B", 4) + event_line("c1", "C", 1);
    const auto file = trial_.directory().write("events.jsonl", text);
    REQUIRE(
        trial_.run({"run", file, "--to", trial_.receiver().url(), "--attempts", "1", "--quiet"}).exit_code ==
        3);
    mended_ = true;
  }

  const Trial& trial() const { return trial_; }
  DeliveryState state(const std::string& id) const { return trial_.stored().at(id).state; }

  /// Gives the order until it is carried out: once more where it was killed before it was. False where it
  /// was not killed.
  bool order(const std::vector<std::string>& arguments, const EndAt& at) const {
    const bool reached = killed(trial_.run(arguments, at));
    require_kept(trial_.broken());
    const auto again = trial_.run(arguments);  // 2: there is no such dead letter or gap, any more
    REQUIRE((again.exit_code == 0 || again.exit_code == 2));
    if (!reached) REQUIRE(again.exit_code == 2);
    require_kept(trial_.broken());
    return reached;
  }

  /// The same for an order that may be given again and again: it is done at once or not at all.
  template <class Done>
  bool order_until_done(const std::vector<std::string>& arguments, const EndAt& at, Done done) const {
    const bool reached = killed(trial_.run(arguments, at));
    require_kept(trial_.broken());
    if (!reached) REQUIRE(done());
    REQUIRE(trial_.run(arguments).exit_code == 0);
    REQUIRE(done());
    require_kept(trial_.broken());
    return reached;
  }

  /// Goes on until nothing more can be done.
  void finish(const std::set<std::string>& delivered, int exit_code) const {
    REQUIRE(trial_.run(resume(trial_)).exit_code == exit_code);
    require_kept(trial_.broken_when_done(delivered));
  }

 private:
  std::atomic<bool> mended_{false};
  Trial trial_{[this](const Received& request, std::size_t) {
    Answer answer;
    if (!mended_ && id_of(request) == "a1") answer.status = 400;
    return answer;
  }};
};

bool travel_release(const EndAt& at) {
  const Troubled troubled;
  const bool reached = troubled.order({"dlq", "release", "--entity", "A"}, at);
  REQUIRE(troubled.state("a1") == DeliveryState::pending);
  troubled.finish({"a1", "a2", "a3", "c1"}, 3);
  return reached;
}

bool travel_discard(const EndAt& at) {
  const Troubled troubled;
  const bool reached = troubled.order({"dlq", "discard", "--event", "a1"}, at);
  REQUIRE(troubled.state("a1") == DeliveryState::failed);
  troubled.finish({"a2", "a3", "c1"}, 3);
  return reached;
}

bool travel_skip(const EndAt& at) {
  const Troubled troubled;
  const bool reached = troubled.order({"gap", "skip", "--entity", "B"}, at);
  troubled.finish({"b3", "b4", "c1"}, 3);
  return reached;
}

/// a1 is dead, and what waits behind it is given up.
bool travel_cancellation(const EndAt& at) {
  const Troubled troubled;
  const bool reached = troubled.order_until_done(
      {"events", "cancel", "--entity", "A", "--event", "a2", "--event", "a3"}, at, [&] {
        return troubled.state("a2") == DeliveryState::failed && troubled.state("a3") == DeliveryState::failed;
      });
  REQUIRE(troubled.trial().run({"dlq", "release", "--all"}).exit_code == 0);
  troubled.finish({"a1", "c1"}, 3);
  return reached;
}

/// What waits for an hour is to be tried at once.
bool travel_retry(const EndAt& at) {
  std::atomic<bool> mended{false};
  const Trial trial{[&](const Received&, std::size_t) {
    Answer answer;
    if (!mended) answer.status = 503;
    return answer;
  }};
  const auto file = trial.directory().write("events.jsonl", event_line("a1", "A", 1));
  REQUIRE(killed(trial.run({"run", file, "--to", trial.receiver().url(), "--backoff", "1h..1h", "--quiet"},
                           EndAt{"outcomes_committed"})));
  REQUIRE(trial.stored().at("a1").state == DeliveryState::retry_wait);
  mended = true;
  const bool reached = killed(trial.run({"retry", "--all"}, at));
  require_kept(trial.broken());
  REQUIRE(trial.run({"retry", "--all"}).exit_code == 0);
  require_kept(trial.broken());
  REQUIRE(trial.run(resume(trial)).exit_code == 0);
  require_kept(trial.broken_when_done({"a1"}));
  return reached;
}

/// What waits for a mistyped URL is to go to the right one.
bool travel_redirect(const EndAt& at) {
  const Trial trial{succeed};
  const auto file = trial.directory().write("events.jsonl", streams(2, 3));
  REQUIRE(trial.run({"ingest", file, "--to", "http://127.0.0.1:1/", "--quiet"}).exit_code == 0);
  const std::vector<std::string> order{"redirect", "--all", "--to", trial.receiver().url()};
  const bool reached = killed(trial.run(order, at));
  require_kept(trial.broken());
  REQUIRE(trial.run(order).exit_code == 0);
  require_kept(trial.broken());
  REQUIRE(trial.run(resume(trial)).exit_code == 0);
  require_kept(trial.broken());
  REQUIRE(trial.receiver().count() == 6);
  return reached;
}

const std::vector<std::string_view> operator_points{"operator_staged",       "turn_staged",
                                                    "turn_committed",        "operator_committed",
                                                    system_point::statement, system_point::wal_write};

std::vector<std::string_view> and_operator_points(std::vector<std::string_view> points) {
  points.insert(points.end(), operator_points.begin(), operator_points.end());
  return points;
}

const Road releasing{and_operator_points({"dead_letters_noted", "dead_letters_moved"}), travel_release};
const Road discarding{and_operator_points({"dead_letters_noted", "dead_letters_moved"}), travel_discard};
const Road cancelling{and_operator_points({"deliveries_cancelled"}), travel_cancellation};
const Road retrying{and_operator_points({"retries_made_due"}), travel_retry};
const Road redirecting{and_operator_points({"deliveries_cancelled", "replay_staged"}), travel_redirect};
const Road skipping{and_operator_points({"gap_skipped"}), travel_skip};

// --- A run over a stream that begins lower than its first line says, and a gap that is waited for.

bool travel_late_numbers(const EndAt& at) {
  const Trial trial{succeed};
  const auto waiting =
      trial.directory().write("waiting.jsonl", event_line("w3", "W", 3) + event_line("w4", "W", 4));
  REQUIRE(trial.run({"ingest", waiting, "--to", trial.receiver().url(), "--quiet"}).exit_code == 0);
  std::string text;
  std::set<std::string> ids{"w3", "w4"};
  for (const int number : {12, 10, 11, 13}) {
    ids.insert(fmt::format("s{}", number));
    text += event_line(fmt::format("s{}", number), "S", number);
  }
  const std::vector<std::string> run{"run",
                                     trial.directory().write("events.jsonl", text),
                                     "--to",
                                     trial.receiver().url(),
                                     "--first-sequence",
                                     "first",
                                     "--gaps",
                                     "100ms",
                                     "--quiet"};
  const bool reached = killed(trial.run(run, at));
  require_kept(trial.broken());
  REQUIRE(trial.run(run).exit_code == 0);
  require_kept(trial.broken_when_done(ids));
  return reached;
}

const Road late_numbers{{"start_lowered", "events_appended", "gap_given_up", "turn_staged", "turn_committed",
                         system_point::statement},
                        travel_late_numbers};

// --- An operator who adds a subscription to what came before, replays what is done, or removes one.

/// Six events that were delivered, for orders that make or give up six deliveries more.
class Delivered {
 public:
  Delivered() {
    const auto file = trial_.directory().write("events.jsonl", streams(2, 3));
    REQUIRE(trial_.run({"run", file, "--to", trial_.receiver().url(), "--quiet"}).exit_code == 0);
    REQUIRE(trial_.receiver().count() == six);
  }

  const Trial& trial() const { return trial_; }
  std::vector<std::string> add() const {
    return {"subscription", "add", "late",   "--url", trial_.receiver().url("/late"),
            "--types",      "*",   "--from", "1"};
  }

  /// Gives the order until it is carried out: the deliveries that are `where` it leads are there at once or
  /// not at all. False where it was not killed.
  bool order(const std::vector<std::string>& arguments, const EndAt& at, const std::string& where) const {
    const bool reached = killed(trial_.run(arguments, at));
    require_sound();
    const auto there = count(where);
    REQUIRE((there == 0 || there == six));
    if (!reached) REQUIRE(there == six);
    if (there == 0) REQUIRE(trial_.run(arguments).exit_code == 0);
    REQUIRE(count(where) == six);
    return reached;
  }

  /// Goes on until all is done: so many requests came, and those after the first six in order.
  void finish(std::size_t requests) const {
    REQUIRE(trial_.run(resume(trial_)).exit_code == 0);
    require_sound();
    REQUIRE(count("state NOT IN (4, 5)") == 0);
    auto received = trial_.receiver().received();
    REQUIRE(received.size() == requests);
    received.erase(received.begin(), received.begin() + six);
    REQUIRE(review(received).order_violations == 0);
  }

 private:
  static constexpr int six = 6;

  std::int64_t count(const std::string& where) const {
    SQLite::Database database{trial_.directory() / "dispatch.db", SQLite::OPEN_READONLY};
    return database.execAndGet("SELECT count(*) FROM all_deliveries WHERE " + where).getInt64();
  }

  void require_sound() const {
    const auto report = journal::verify(trial_.directory() / "dispatch.db").value();
    for (const auto& finding : report.findings) MESSAGE(finding.check << ": " << finding.what);
    REQUIRE(report.healthy());
  }

  Trial trial_{succeed};
};

bool travel_fan_out(const EndAt& at) {
  const Delivered delivered;
  const bool reached = delivered.order(delivered.add(), at, "subscription_no > 0");
  delivered.finish(12);
  return reached;
}

bool travel_replay(const EndAt& at) {
  const Delivered delivered;
  const bool reached = delivered.order({"replay", "--all"}, at, "generation > 0");
  delivered.finish(12);
  return reached;
}

bool travel_removal(const EndAt& at) {
  const Delivered delivered;
  REQUIRE(delivered.trial().run(delivered.add()).exit_code == 0);
  const bool reached = delivered.order({"subscription", "remove", "late", "--discard"}, at,
                                       "subscription_no > 0 AND state = 5");
  delivered.finish(6);
  return reached;
}

const Road fanning_out{and_operator_points({"fan_out_staged"}), travel_fan_out};
const Road replaying{and_operator_points({"replay_staged"}), travel_replay};
const Road removing{and_operator_points({"subscription_removed"}), travel_removal};

// --- A log so long that it is copied before the end.

bool travel_long_log(const EndAt& at) {
  const Trial trial{succeed};
  const std::string payload = '"' + std::string(200'000, 'x') + '"';
  std::string text;
  std::set<std::string> ids{"first"};
  for (int i = 1; i <= 100; ++i) {
    ids.insert(fmt::format("big-{}", i));
    text += event_line(fmt::format("big-{}", i), "big", i, {}, payload);
  }
  const auto first = trial.directory().write("first.jsonl", event_line("first", "first", 1));
  REQUIRE(trial.run({"ingest", first, "--to", trial.receiver().url(), "--quiet"}).exit_code == 0);
  const std::vector<std::string> ingest{"ingest", trial.directory().write("events.jsonl", text), "--to",
                                        trial.receiver().url(), "--quiet"};
  const bool reached = killed(trial.run(ingest, at));
  require_kept(trial.broken());
  REQUIRE(trial.run(ingest).exit_code == 0);
  REQUIRE(trial.run(resume(trial)).exit_code == 0);
  require_kept(trial.broken_when_done(ids));
  return reached;
}

const Road copying_a_long_log{{"checkpoint_begins", system_point::database_write, "checkpoint_ended"},
                              travel_long_log};

// --- A backup that is restored over a journal that was left with a log.

/// The ids of the events of a journal; nothing where it is refused and the message names the command that
/// helps.
std::optional<std::set<std::string>> ids_of(const Trial& trial, const std::string& journal) {
  const auto listed = run_dispatch(trial.directory(), {"events", "list", "--json", "--journal", journal});
  CAPTURE(listed.err);
  if (listed.exit_code == 6) {
    REQUIRE(has(listed.err, "dispatch restore --journal dispatch.db FILE"));
    return std::nullopt;
  }
  REQUIRE(listed.exit_code == 0);
  std::set<std::string> ids;
  constexpr std::string_view key = R"("event_id":")";
  for (const auto& line : lines_of(listed.out)) {
    const auto at = line.find(key) + key.size();
    ids.insert(line.substr(at, line.find('"', at) - at));
  }
  return ids;
}

/// A journal that a kill has left with events in its log alone, beside a backup that was made before them.
class Restorable {
 public:
  Restorable() {
    ingest(streams(2, 3), {});
    REQUIRE(trial_.run({"backup", "copy.db"}).exit_code == 0);
    backup_ = ids_of(trial_, "dispatch.db").value();
    ingest(event_line("late-1", "late", 1) + event_line("late-2", "late", 2), EndAt{"turn_committed"});
    all_ = ids_of(trial_, "dispatch.db").value();
    REQUIRE(all_.size() > backup_.size());
  }

  /// Restores the backup; true where that was killed.
  bool restore(const std::optional<EndAt>& at) const {
    const auto ended = trial_.run({"restore", "copy.db"}, at);
    require_one_of_both();
    return killed(ended);
  }

  /// An input comes between.
  void run_with_input() {
    const auto ended = run_dispatch(trial_.directory(), {"ingest", "-", "--to", "http://127.0.0.1:1/"},
                                    event_line("new-1", "new", 1));
    CAPTURE(ended.err);
    const auto there = ids_of(trial_, "dispatch.db");
    if (!there) {
      REQUIRE(ended.exit_code == 6);
      REQUIRE(has(ended.err, "dispatch restore --journal dispatch.db FILE"));
      return;
    }
    REQUIRE(ended.exit_code == 0);
    REQUIRE(there->contains("new-1"));
    all_.insert("new-1");
    auto& into = there->contains("late-1") ? all_ : backup_;
    into.insert("new-1");
    require_one_of_both();
  }

  /// Restores the backup to the end: it is the journal, and what was there is kept whole.
  void finish() const {
    const auto until = std::chrono::steady_clock::now() + patience;
    auto ended = run_dispatch(trial_.directory(), {"restore", "copy.db"});
    while (has(ended.err, "restore again in a second") && std::chrono::steady_clock::now() < until)
      ended = run_dispatch(trial_.directory(), {"restore", "copy.db"});
    CAPTURE(ended.err);
    REQUIRE(ended.exit_code == 0);
    REQUIRE(ids_of(trial_, "dispatch.db") == ids_of(trial_, "copy.db"));
    std::set<std::string> kept;
    for (const auto& entry : std::filesystem::directory_iterator{trial_.directory().path()}) {
      const auto name = entry.path().filename().string();
      REQUIRE_FALSE(name.ends_with(".restoring"));
      REQUIRE_FALSE(has(name, ".dispatch-partial-"));
      if (!name.starts_with("dispatch.db.replaced-") || !name.ends_with("Z")) continue;
      const auto ids = ids_of(trial_, name).value();
      kept.insert(ids.begin(), ids.end());
      REQUIRE(journal::verify(entry.path()).value().healthy());
    }
    REQUIRE(kept == all_);
    REQUIRE(journal::verify(trial_.directory() / "dispatch.db").value().healthy());
    REQUIRE(trial_.run({"ingest", "-", "--to", "http://127.0.0.1:1/"}).exit_code == 0);
  }

 private:
  void ingest(const std::string& lines, const std::optional<EndAt>& at) const {
    const auto file = trial_.directory().write("events.jsonl", lines);
    const auto ended = trial_.run({"ingest", file, "--to", "http://127.0.0.1:1/", "--quiet"}, at);
    REQUIRE((at ? killed(ended) : ended.exit_code == 0));
  }

  void require_one_of_both() const {
    if (const auto there = ids_of(trial_, "dispatch.db")) REQUIRE((*there == all_ || *there == backup_));
  }

  Trial trial_{succeed};
  std::set<std::string> backup_, all_;
};

/// What is restored again is killed as well.
bool travel_restore(const EndAt& at) {
  const Restorable journal;
  const bool reached = journal.restore(at);
  if (reached) journal.restore(at);
  journal.finish();
  return reached;
}

bool travel_restore_and_input(const EndAt& at) {
  Restorable journal;
  const bool reached = journal.restore(at);
  if (reached) journal.run_with_input();
  journal.finish();
  return reached;
}

const Road restoring{{system_point::file_name}, travel_restore};
const Road restoring_with_input{{system_point::file_name}, travel_restore_and_input};

// --- A run that leaves its figures in a file, and all else that watches it besides.

/// The file is not there, or it is one of those that were to be written, to the last byte.
void require_whole(const Trial& trial) {
  const auto text = read_file(trial.directory() / "metrics.prom");
  if (text.empty()) REQUIRE_FALSE(std::filesystem::exists(trial.directory() / "metrics.prom"));
  if (!text.empty()) REQUIRE(lines_of(text).back().starts_with("dispatch_build_info{"));
  if (!text.empty()) REQUIRE(text.ends_with(" 1\n"));
}

/// Where the file system has files without a name, a kill while the text is written leaves none behind.
void require_nothing_left(const Trial& trial) {
  const Fd nameless{::open(trial.directory().path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
  if (!nameless) return;
  for (const auto& entry : std::filesystem::directory_iterator{trial.directory().path()})
    REQUIRE_FALSE(entry.path().filename().string().starts_with("metrics.prom."));
}

bool travel_metrics(const EndAt& at) {
  const Trial trial{succeed};
  const std::vector<std::string> run{"run",
                                     trial.directory().write("events.jsonl", streams(2, 3)),
                                     "--to",
                                     trial.receiver().url(),
                                     "--metrics-file",
                                     "metrics.prom",
                                     "--metrics-listen",
                                     "127.0.0.1:0",
                                     "--log-level",
                                     "debug"};
  const Receiver collector;
  const std::map<std::string, std::string> exporting{{"OTEL_EXPORTER_OTLP_ENDPOINT", collector.url("")},
                                                     {"OTEL_BSP_SCHEDULE_DELAY", "1"}};
  const bool reached = killed(trial.run(run, at, exporting));
  require_whole(trial);
  if (at.point == "metrics_half_written" || at.point == "metrics_written") require_nothing_left(trial);
  require_kept(trial.broken());
  REQUIRE(trial.run(run, {}, exporting).exit_code == 0);
  require_whole(trial);
  REQUIRE(has(read_file(trial.directory() / "metrics.prom"), "dispatch_events_received_total 6\n"));
  std::set<std::string> ids;
  for (const auto& [id, event] : trial.stored()) ids.insert(id);
  require_kept(trial.broken_when_done(ids));
  return reached;
}

const Road watching{{"metrics_half_written", "metrics_written", "metrics_replaced", "intents_committed",
                     "outcomes_committed"},
                    travel_metrics};

const Road* const roads[] = {&running,
                             &running_slowly,
                             &recovering,
                             &holding,
                             &releasing,
                             &discarding,
                             &cancelling,
                             &retrying,
                             &redirecting,
                             &skipping,
                             &fanning_out,
                             &replaying,
                             &removing,
                             &watching,
                             &copying_a_long_log,
                             &restoring,
                             &restoring_with_input,
                             &late_numbers};

}  // namespace

TEST_CASE("every place with a name lies on a road that is travelled") {
  for (const auto point : crash_points()) {
    CAPTURE(point);
    CHECK(std::any_of(std::begin(roads), std::end(roads), [&](const Road* road) {
      return std::find(road->points.begin(), road->points.end(), point) != road->points.end();
    }));
  }
}

TEST_CASE("a run that is killed anywhere loses nothing and repeats only what is unknown" *
          doctest::test_suite("long")) {
  travel_all(running);
}

TEST_CASE("a run that is killed while its disk syncs loses nothing and repeats only what is unknown" *
          doctest::test_suite("long")) {
  travel_all(running_slowly);
}

TEST_CASE("a start that is lowered and a gap that is given up are there whole or not at all" *
          doctest::test_suite("long")) {
  travel_all(late_numbers);
}

TEST_CASE("a journal whose making was killed is read or names the command that finishes it") {
  int unreadable = 0;
  for (int count = 1; count <= 12; ++count) {
    CAPTURE(count);
    const Trial trial{succeed};
    REQUIRE(killed(trial.run({"run", "-", "--quiet"}, EndAt{system_point::database_write, count})));
    const auto status = run_dispatch(trial.directory(), {"status"});
    if (status.exit_code == 6 && has(status.err, "ended in the middle")) {
      ++unreadable;
      REQUIRE(has(status.err, "dispatch run --journal dispatch.db"));
    } else {
      REQUIRE(!has(status.err, "readonly"));
    }
    REQUIRE(trial.run({"run", "-", "--quiet"}).exit_code == 0);
    REQUIRE(run_dispatch(trial.directory(), {"status"}).exit_code == 0);
  }
  CHECK(unreadable > 0);
}

TEST_CASE("a run that is killed while it recovers leaves what it found to the next" *
          doctest::test_suite("long")) {
  travel_all(recovering);
}

TEST_CASE("a run that is killed while it holds what is unknown sends nothing of it" *
          doctest::test_suite("long")) {
  travel_all(holding);
}

TEST_CASE("a release that is killed is done or is not" * doctest::test_suite("long")) {
  travel_all(releasing);
}

TEST_CASE("a discard that is killed is done or is not" * doctest::test_suite("long")) {
  travel_all(discarding);
}

TEST_CASE("a cancellation that is killed is done or is not" * doctest::test_suite("long")) {
  travel_all(cancelling);
}

TEST_CASE("a retry that is killed is done or is not" * doctest::test_suite("long")) {
  travel_all(retrying);
}

TEST_CASE("a redirection that is killed moves whole lanes or none" * doctest::test_suite("long")) {
  travel_all(redirecting);
}

TEST_CASE("a skip that is killed is done or is not" * doctest::test_suite("long")) {
  travel_all(skipping);
}

TEST_CASE("a subscription that is added to what came before is there with all of it or is not" *
          doctest::test_suite("long")) {
  travel_all(fanning_out);
}

TEST_CASE("a replay that is killed is made whole or is not" * doctest::test_suite("long")) {
  travel_all(replaying);
}

TEST_CASE("a subscription whose removal is killed is there with all that waits for it or is not" *
          doctest::test_suite("long")) {
  travel_all(removing);
}

TEST_CASE("a file of metrics is whole whenever the run that writes it is killed") {
  travel_all(watching);
}

TEST_CASE(
    "a restore that is killed leaves the old journal or the new one or says that it has to be finished" *
    doctest::test_suite("long")) {
  travel_all(restoring);
  travel_all(restoring_with_input);
}

TEST_CASE("a checkpoint that is killed in the middle of a run costs nothing") {
  travel_all(copying_a_long_log);
}

TEST_CASE("who is killed with the writer lock held holds nobody up") {
  for (const EndAt at : {EndAt{"turn_staged"}, EndAt{"turn_committed"}, EndAt{"events_appended"}}) {
    CAPTURE(at.point);
    const Trial trial{succeed};
    Child owner{trial.directory(), {"run", "-", "--to", trial.receiver().url(), "--quiet"}};
    REQUIRE(owner.write(event_line("o1", "O", 1)));
    REQUIRE(trial.receiver().wait_ended(1));
    const std::vector<std::string> other{"run",
                                         trial.directory().write("events.jsonl", event_line("p1", "P", 1)),
                                         "--to", trial.receiver().url(), "--quiet"};
    REQUIRE(killed(trial.run(other, at)));
    REQUIRE(owner.write(event_line("o2", "O", 2)));
    REQUIRE(trial.receiver().wait_ended(2));
    REQUIRE(trial.run(other).exit_code == 0);
    owner.close_input();
    REQUIRE(owner.exit_code() == 0);
    require_kept(trial.broken_when_done({"o1", "o2", "p1"}));
  }
}
