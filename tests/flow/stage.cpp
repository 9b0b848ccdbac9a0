#include "flow/stage.hpp"

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
  const auto file = std::make_shared<const std::string>("test.jsonl");
  std::uint64_t number = 0;
  for (const auto& line : lines) {
    Arrival arrival;
    arrival.event_id = texts.keep(line.id);
    if (!line.entity.empty()) arrival.entity_id = texts.keep(line.entity);
    if (line.sequence) arrival.sequence = SequenceNumber{*line.sequence};
    arrival.own_url = texts.keep(line.url);
    arrival.payload = texts.keep(line.payload);
    arrival.routes = router.route(arrival, incoming.routes).value();
    incoming.batch.arrivals.push_back(arrival);
    incoming.batch.lines.push_back({file, ++number, arrival.payload});
  }
  return incoming;
}

Stage::Stage(flow::RunOptions wanted) : options(std::move(wanted)) {
  raise();
}

void Stage::raise() {
  journal_ = journal::SqliteJournal::open(directory.path() / "journal.db", {}).value();
  rejects_ = std::make_unique<ingest::RejectsFile>((directory.path() / "rejects.jsonl").string());
  scoreboard_ = std::make_unique<flow::Scoreboard>();
  parts_ = std::make_unique<flow::Parts>(
      flow::Parts{{*journal_, inbox, *rejects_, clock, silent_log()}, transport, random, {}});
  intake_ = std::make_unique<flow::Intake>(*journal_, *rejects_, options, *scoreboard_, silent_log());
  dispatcher_ = std::make_unique<flow::Dispatcher>(*parts_, options, *intake_, *scoreboard_);
  REQUIRE(dispatcher_->start());
}

void Stage::crash() {
  dispatcher_.reset();
  intake_.reset();
  transport.forget();
  inbox.take(SteadyTime::min(), 1000);
  raise();
  play();
}

std::unique_ptr<journal::SqliteJournal> Stage::other_journal() const {
  return journal::SqliteJournal::open(directory.path() / "journal.db", {}).value();
}

void Stage::play() {
  for (int turn = 0; turn < turns_most; ++turn) {
    auto mail = inbox.take(SteadyTime::min(), intake_->empty() ? 1 : 0);
    const bool nothing = mail.reports.empty() && mail.incoming.empty();
    if (turn > 0 && nothing && dispatcher_->wake_at(clock.wall()) > clock.wall()) return;
    const auto played = dispatcher_->turn(std::move(mail));
    if (!played) FAIL(played.error().message);
  }
  FAIL("the turns do not come to rest");
}

}  // namespace dispatch::test
