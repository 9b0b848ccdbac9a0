#include "unit/flow/dispatcher_fixture.hpp"

#include "ingest/input_name.hpp"

#include <cstring>

namespace dispatch::test {
namespace {

constexpr int turns_most = 100'000;

/// Texts that live as long as the batch that owns them.
class Texts {
 public:
  explicit Texts(ingest::Batch& batch) : batch_(batch) {}
  std::string_view keep(const std::string& text) {
    auto& copy = batch_.text.emplace_back(std::make_unique<char[]>(text.size() + 1));
    std::memcpy(copy.get(), text.data(), text.size());
    return {copy.get(), text.size()};
  }

 private:
  ingest::Batch& batch_;
};

}  // namespace

flow::Incoming incoming(const std::vector<Line>& lines) {
  flow::Incoming incoming;
  Texts texts{incoming.batch};
  auto router = routing::Router::make(std::nullopt).value();
  const auto file = std::make_shared<const ingest::InputName>(
      ingest::InputName{"test.jsonl", ingest::input_name("test.jsonl")});
  std::uint64_t number = 0;
  for (const auto& line : lines) {
    Arrival arrival;
    arrival.event_id = texts.keep(line.id);
    if (!line.entity.empty()) arrival.entity_id = texts.keep(line.entity);
    if (line.sequence) arrival.sequence = SequenceNumber{*line.sequence};
    arrival.own_url = texts.keep(line.url);
    arrival.payload = texts.keep(line.payload);
    arrival.input = file->recorded;
    arrival.trace = line.trace;
    arrival.parent = line.parent;
    arrival.routes = router.route(arrival, incoming.routes).value();
    incoming.batch.arrivals.push_back(arrival);
    incoming.batch.origins.push_back({file, ++number, arrival.payload});
  }
  return incoming;
}

DispatcherFixture::DispatcherFixture(flow::RunOptions wanted) : DispatcherFixture(Dark{}, std::move(wanted)) {
  REQUIRE(rise());
}

DispatcherFixture::DispatcherFixture(Dark, flow::RunOptions wanted, const journal::SqliteOptions& journal)
    : options(std::move(wanted)), journal_options_(journal) {
  if (options.commit_wait == flow::CommitWait::as_suits) options.commit_wait = flow::CommitWait::always;
}

Result<> DispatcherFixture::rise() {
  auto journal = journal::SqliteJournal::open(journal_path(), journal_options_);
  if (!journal) return tl::unexpected(std::move(journal).error());
  file_ = journal->get();
  journal_ = std::move(*journal);
  if (through) journal_ = through(std::move(journal_));
  rejects_ = std::make_unique<ingest::RejectsFile>((directory.path() / "rejects.jsonl").string());
  shared_stats_ = std::make_unique<flow::SharedStats>();
  router_ = std::make_unique<routing::Router>(routing::Router::make(std::nullopt).value());
  context_ = std::make_unique<flow::RunContext>(flow::RunContext{
      {*journal_, inbox, *rejects_, clock, silent_log(), *router_, observer_}, transport, random, roster_});
  intake_ = std::make_unique<flow::Intake>(*context_, options, *shared_stats_);
  dispatcher_ = std::make_unique<flow::Dispatcher>(*context_, options, *intake_, *shared_stats_);
  return dispatcher_->start();
}

void DispatcherFixture::fall() {
  dispatcher_.reset();
  intake_.reset();
  journal_.reset();
  transport.forget();
  inbox.take(SteadyTime::min(), 1000);
}

void DispatcherFixture::crash() {
  fall();
  REQUIRE(rise());
  play();
}

std::unique_ptr<journal::SqliteJournal> DispatcherFixture::other_journal() const {
  return journal::SqliteJournal::open(journal_path(), {}).value();
}

void DispatcherFixture::play() {
  const auto played = try_play();
  if (!played) FAIL(played.error().message);
}

Result<> DispatcherFixture::try_play(const std::function<void()>& after_turn) {
  for (int turn = 0; turn < turns_most; ++turn) {
    auto mail = inbox.take(SteadyTime::min(), intake_->empty() ? 1 : 0);
    const bool nothing = mail.reports.empty() && mail.incoming.empty();
    if (turn > 0 && nothing && dispatcher_->wake_at(clock.wall()) > clock.wall()) {
      if (leaves_commits || !dispatcher_->is_syncing()) return {};
      DISPATCH_TRY(dispatcher_->wait_for_commits());
      continue;
    }
    DISPATCH_TRY(dispatcher_->turn(std::move(mail)));
    if (after_turn) after_turn();
  }
  return fail("the turns do not come to rest");
}

}  // namespace dispatch::test
