#include "cli/run/session.hpp"

#include "cli/options/delivery_schemes.hpp"
#include "cli/output/subscription_changes_text.hpp"
#include "cli/run/recorded_destinations.hpp"
#include "flow/intake/refresh_catalog.hpp"
#include "ingest/reader.hpp"
#include "operations/subscriptions/subscription_apply.hpp"
#include "telemetry/trace_sampling.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::cli {
namespace {

/// Ends a wait of the feed for input or for room, so that its thread can be joined however the work ended.
class FeedEnd {
 public:
  FeedEnd(std::stop_source& input, flow::Inbox& inbox) : input_(input), inbox_(inbox) {}
  FeedEnd(const FeedEnd&) = delete;
  FeedEnd& operator=(const FeedEnd&) = delete;
  ~FeedEnd() {
    input_.request_stop();
    inbox_.close_input();
  }

 private:
  std::stop_source& input_;
  flow::Inbox& inbox_;
};

std::vector<int> session_signals() {
  auto signals = end_signals();
  signals.push_back(SIGUSR1);
  return signals;
}

}  // namespace

Session::Session(const Program& program, const InputOptions& options, FileRoles files, Task task, Talk talk)
    : task_(task),
      talk_(talk),
      journal_name_(program.journal),
      store_(program.store),
      command_(program.command),
      format_(program.log_options.format),
      files_(std::move(files)),
      talk_output_(program.talk),
      line_(program.talk),
      log_(line_.logger(*program.log)),
      rejects_(options.rejects, reject_limits(options), &files_),
      interruption_(inbox_, stop_input_, clock_, log_),
      signals_(session_signals(), [this](int signal) { on_signal(signal); }) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const Program& program, const InputOptions& options,
                                               FileRoles files, Task task, Talk talk) {
  // A destination or a reader of our output that goes away is an error to be handled, not the end of the
  // process.
  std::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<Session> session{new Session{program, options, std::move(files), task, talk}};
  DISPATCH_TRY(session->open_input(options));
  DISPATCH_TRY(session->open_journal(options));
  return session;
}

Result<> Session::open_journal(const InputOptions& options) {
  std::vector<operations::Declared> declared;
  if (!options.subscriptions.empty()) {
    DISPATCH_ASSIGN(declared, operations::read_subscriptions(options.subscriptions, delivery_schemes));
  }
  // What is to be resumed must be there; input, and subscriptions, make a journal.
  const bool resumes = options.files.empty() && options.subscriptions.empty();
  journal::Opening opening;
  opening.existing_only = resumes;
  opening.notice = [this](const std::string& what) { log_->warn("{}", what); };
  opening.migrated = [this](const std::string& what) { log_->info("{}", what); };
  opening.waiting = [this](const std::string& what) { log_->info("{}", what); };
  opening.gives_up = [this] { return gives_up_waiting(); };
  const bool is_new = !store_->may_exist();
  auto journal = store_->open(opening);
  if (!journal) return tl::unexpected(std::move(journal).error());
  journal_ = std::move(*journal);
  if (is_new && talk_.summary) log_->info("made the journal {}", store_->full_name());
  const auto applied = operations::apply_set(*journal_, declared, {}, clock_.wall(),
                                             [this](const auto& changes) { say(changes); });
  if (!applied) return tl::unexpected(applied.error());
  for (const auto& warning : operations::warnings_of(*applied)) log_->warn("{}", warning);
  DISPATCH_TRY(flow::refresh_catalog(*catalog_, *journal_));
  return {};
}

bool Session::gives_up_waiting() const {
  if (interruption_.aborting()) return true;
  if (!interruption_.stopping()) return false;
  const auto stats = shared_stats_.snapshot();
  return stats.in_flight + stats.ahead == 0;
}

void Session::say(const std::vector<operations::SubscriptionChange>& changes) {
  if (!talk_.summary) return;
  log_->info("subscriptions: {}", changes_summary(changes));
  const std::string text = changes_text(changes);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    log_->info("{}", std::string_view{text}.substr(at, end - at));
    at = end + 1;
  }
}

Result<> Session::open_input(const InputOptions& options) {
  DISPATCH_ASSIGN(auto reading, reader_options(options));
  DISPATCH_ASSIGN(auto router, make_router(options, catalog_));
  router_ = make_router(options, catalog_).value();
  DISPATCH_ASSIGN(sampler_, telemetry::sampler_of_environment());
  if (const auto distinct = files_.check(); !distinct)
    return misuse("{}; nothing was read or sent", distinct.error().message);
  if (options.files.empty()) return {};
  reading.files = &files_;
  DISPATCH_ASSIGN(auto reader,
                  ingest::Reader::open(options.files, std::move(reading), stop_input_.get_token()));
  input_.emplace(
      Input{std::make_unique<ingest::Reader>(std::move(reader)), std::move(router), options.files});
  return {};
}

Result<std::optional<flow::Tracer>> Session::tracer() {
  if (!sampler_) return std::nullopt;
  DISPATCH_ASSIGN(const auto seed, journal_->trace_seed());
  return flow::Tracer{*sampler_, seed};
}

Result<ExitCode> Session::run(const Work& work) {
  DISPATCH_ASSIGN(auto tracer, this->tracer());
  Result<flow::RunResult> result = [&] {
    std::optional<Progress> progress;
    if (talk_.progress) progress.emplace(shared_stats_, line_, clock_, format_);
    const auto source = input_ ? std::move(input_->source) : nullptr;
    std::optional<flow::Feed> feed;
    if (source)
      feed.emplace(*source, std::move(input_->router), tracer, inbox_);
    else
      inbox_.end_input();
    const FeedEnd feed_end{stop_input_, inbox_};
    auto ended = work(*this);
    hurry();
    return ended;
  }();
  if (!result) {
    const auto stats = shared_stats_.snapshot();
    const bool did_something =
        stats.lines + stats.attempts + stats.in_flight + stats.ahead + stats.unknown > 0;
    if (talk_.summary && did_something) say_snapshot();
    return tl::unexpected(std::move(result).error());
  }
  DISPATCH_TRY(rejects_.finish());
  const auto copied = journal_->checkpoint();
  // Of a journal that is not there any more nothing is claimed.
  if (!copied && copied.error().failure == Failure::unavailable) return tl::unexpected(copied.error());
  const Summary summary = sum_up(*result);
  const auto exit = exit_code(summary);
  const bool to_be_told = exit == ExitCode::remains || exit == ExitCode::rejected;
  if (format_ == LogOptions::Format::json) {
    if (talk_.summary || to_be_told) line_.print(summary_json(summary, clock_.wall()));
  } else if (talk_.summary) {
    line_.print(summary_text(summary));
  } else if (to_be_told) {
    line_.print(summary_line(summary));
  }
  DISPATCH_TRY(copied);
  return exit;
}

std::int64_t Session::owner_pid() const {
  const auto owner = store_->owner();
  return owner && *owner ? (*owner)->pid.value_or(0) : 0;
}

void Session::note_owner(const std::vector<std::string>& given) {
  if (owner_) return;
  owner_ = owner_pid();
  ignored_ = given;
  const auto ignored =
      given.empty() ? std::string{} : fmt::format("; without effect: {}", fmt::join(given, ", "));
  log_->info("{} by its own options{}", owner_text(*owner_), ignored);
}

void Session::hurry() {
  talk_output_->hurry(PatientOutput::last_words_patience);
}

void Session::on_signal(int signal) {
  if (signal == SIGUSR1)
    say_snapshot();
  else
    interruption_(signal);
}

std::chrono::microseconds Session::took() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady() - began_);
}

void Session::say_snapshot() {
  const auto stats = shared_stats_.snapshot();
  line_.print(format_ == LogOptions::Format::json ? snapshot_json(stats, took(), clock_.wall())
                                                  : snapshot_text(stats, took()));
}

Summary Session::sum_up(flow::RunResult result) {
  Summary summary{task_, shared_stats_.snapshot(), result, took(), journal_name_};
  summary.has_input = input_.has_value();
  summary.command = command_;
  if (result.followed) {
    summary.owner = owner_;
    summary.ignored = ignored_;
  } else if (task_ == Task::accept && store_->owner().value_or(std::nullopt)) {
    summary.owner = owner_pid();
  }
  summary.recorded = recorded_destinations(*store_, summary.stats.recorded_elsewhere);
  const auto& stats = summary.stats;
  const auto failed_by_this_run = static_cast<std::int64_t>(stats.given_up + stats.not_meant);
  const bool failed_earlier = stats.state_counts.of(DeliveryState::failed) > failed_by_this_run;
  if (result.how != flow::RunResult::How::finished || (result.remaining == 0 && !failed_earlier))
    return summary;
  // Only for advice: what cannot be read here is left unsaid.
  if (const auto reader = store_->read())
    if (const auto journal_status = (*reader)->status(0, clock_.wall())) {
      if (result.remaining > 0) summary.gapped_entities = journal_status->gapped_entities;
      const auto given_up =
          journal_status->state_counts.of(DeliveryState::failed) - journal_status->not_meant;
      summary.given_up_earlier = given_up > static_cast<std::int64_t>(stats.given_up);
    }
  return summary;
}

}  // namespace dispatch::cli
