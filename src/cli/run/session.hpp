#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/system/file_roles.hpp"
#include "base/system/signals.hpp"
#include "cli/options/input_options.hpp"
#include "cli/output/live_line.hpp"
#include "cli/output/progress.hpp"
#include "cli/output/summary.hpp"
#include "cli/program.hpp"
#include "cli/run/interruption.hpp"
#include "flow/intake/feed.hpp"
#include "flow/intake/inbox.hpp"
#include "ingest/event_source.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "journal/store.hpp"
#include "operations/subscriptions/subscription_changes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// How much a command reports.
struct Talk {
  bool progress = true;  ///< report the progress
  bool summary = true;   ///< report the result
};

/// What `run` and `ingest` share: the journal, the input, signals, and reports. The object handles signals
/// from construction to destruction, so create it before any thread.
class Session {
 public:
  /// The work of the command: processes the inbox until the run has ended.
  using Work = std::function<Result<flow::RunResult>(Session&)>;

  /// Opens the input, then the journal. Errors in either are found before anything is written or sent; so is
  /// a conflict among `files`, which are all that the command reads and writes.
  static Result<std::unique_ptr<Session>> open(const Program& program, const InputOptions& options,
                                               FileRoles files, Task task, Talk talk);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Feeds the input to `work`, shows the progress, and reports the result. Returns the error of `work`.
  Result<ExitCode> run(const Work& work);

  // For `work`.
  flow::Acceptance acceptance() { return {*journal_, inbox_, rejects_, clock_, log_, *router_}; }
  flow::Inbox& inbox() { return inbox_; }
  flow::SharedStats& shared_stats() { return shared_stats_; }
  const Clock& clock() const { return clock_; }
  const journal::Store& store() const { return *store_; }
  /// Reports once that another process dispatches the journal and this one follows, and which of the `given`
  /// options have no effect.
  void note_owner(const std::vector<std::string>& given);
  /// Notes that this process dispatches.
  void note_ownership() {
    owner_.reset();
    ignored_.clear();
  }
  /// Call it when the work is done: from now on, output waits for a reader at most five seconds.
  void hurry();
  const FileRoles& files() const { return files_; }

 private:
  struct Input {
    std::unique_ptr<ingest::EventSource> source;
    routing::Router router;
    std::vector<std::string> names;  ///< as given
  };

  Session(const Program& program, const InputOptions& options, FileRoles files, Task task, Talk talk);
  Result<> open_input(const InputOptions& options);
  Result<> open_journal(const InputOptions& options);
  Result<std::optional<flow::Tracer>> tracer();
  /// True if a wait for the locked journal is to end: after a signal, unless outcomes of requests are still
  /// to be recorded; after a second signal in any case.
  bool gives_up_waiting() const;
  void say(const std::vector<operations::SubscriptionChange>& changes);
  void on_signal(int signal);
  std::chrono::microseconds took() const;
  void say_snapshot();
  Summary sum_up(flow::RunResult result);
  std::int64_t owner_pid() const;

  std::optional<std::int64_t> owner_;  ///< the process that is followed, or was last
  std::vector<std::string> ignored_;
  const Task task_;
  const Talk talk_;
  const std::string journal_name_;  ///< as given
  const std::shared_ptr<const journal::Store> store_;
  const std::string command_;  ///< Program::command
  const LogOptions::Format format_;
  const FileRoles files_;
  const SystemClock clock_;
  const SteadyTime began_ = clock_.steady();
  const std::shared_ptr<PatientOutput> talk_output_;
  LiveLine line_;
  std::shared_ptr<spdlog::logger> log_;
  flow::SharedStats shared_stats_;
  flow::Inbox inbox_;
  std::stop_source stop_input_;
  ingest::RejectsFile rejects_;
  Interruption interruption_;
  const std::shared_ptr<routing::Catalog> catalog_ = std::make_shared<routing::Catalog>();
  std::optional<routing::Router> router_;  ///< used by the working thread; the input has another
  std::optional<Input> input_;
  std::optional<tracing::Sampler>
      sampler_;  ///< decides which traces are recorded; none: events have no trace
  std::unique_ptr<journal::Journal> journal_;
  Signals signals_;  // last: it calls back into the others
};

}  // namespace dispatch::cli
