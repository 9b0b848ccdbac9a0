// The whole run as a library: real journal, real HTTP, real threads.

#include "flow/run.hpp"

#include "base/system/log.hpp"
#include "delivery/http/http_transport.hpp"
#include "journal/sqlite/locks/sqlite_roster.hpp"
#include "support/network/receiver.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <oneapi/tbb/task_scheduler_observer.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

std::size_t entries(const char* directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{}));
}
std::size_t threads() {
  return entries("/proc/self/task");
}
std::size_t descriptors() {
  return entries("/proc/self/fd");
}

/// Counts the threads that are inside any of TBB's arenas.
class TbbCount : public tbb::task_scheduler_observer {
 public:
  TbbCount() { observe(true); }
  ~TbbCount() override { observe(false); }
  void on_scheduler_entry(bool worker) override { workers_ += worker; }
  void on_scheduler_exit(bool worker) override { workers_ -= worker; }
  int workers() const { return workers_; }

 private:
  std::atomic<int> workers_{0};
};

/// One run on a thread of its own.
class Running {
 public:
  Running(const TempDir& directory, const flow::RunOptions& options)
      : journal_(journal::SqliteJournal::open(directory.path() / "journal.db", {}).value()),
        transport_(delivery::HttpTransport::start({}, inbox, clock_).value()),
        rejects_((directory.path() / "rejects.jsonl").string()),
        roster_(directory.path() / "journal.db"),
        options_(options),
        context_{{*journal_, inbox, rejects_, clock_, silent_log(), router_}, *transport_, random_, roster_},
        thread_([this] { ending_ = flow::run(context_, options_, shared_stats); }) {}
  ~Running() {
    if (!thread_.joinable()) return;
    inbox.stop(flow::Stop::abort);
    thread_.join();
  }
  flow::RunResult join() {
    thread_.join();
    REQUIRE(ending_);
    return *ending_;
  }

  flow::Inbox inbox;
  flow::SharedStats shared_stats;

 private:
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<journal::SqliteJournal> journal_;
  std::unique_ptr<delivery::HttpTransport> transport_;
  ingest::RejectsFile rejects_;
  journal::SqliteRoster roster_;
  routing::Router router_ = routing::Router::make(std::nullopt).value();
  flow::RunOptions options_;
  flow::RunContext context_;
  Result<flow::RunResult> ending_ = fail("the run has not ended");
  std::thread thread_;
};

std::vector<Line> lines_to(const std::string& url, int count) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) lines.push_back({fmt::format("e{}", i), fmt::format("E{}", i), 1, url});
  return lines;
}

}  // namespace

TEST_CASE("a hundred threads that submit one event id make one request") {
  const TempDir directory;
  const Receiver receiver;
  Running run{directory, {}};
  std::vector<std::thread> submitters;
  std::atomic<int> taken{0};
  for (int i = 0; i < 100; ++i)
    submitters.emplace_back([&] { taken += run.inbox.offer(incoming({{"same", "X", 1, receiver.url()}})); });
  for (auto& submitter : submitters) submitter.join();
  run.inbox.end_input();
  CHECK(run.join().remaining == 0);
  CHECK(taken == 100);
  CHECK(receiver.count() == 1);
  const auto stats = run.shared_stats.snapshot();
  CHECK(stats.accepted == 1);
  CHECK(stats.duplicates == 99);
}

TEST_CASE("a hundred runs on a hundred journal handles make one request of one event id") {
  const TempDir directory;
  const Receiver receiver;
  std::vector<std::unique_ptr<Running>> runs;
  for (int i = 0; i < 100; ++i) runs.push_back(std::make_unique<Running>(directory, flow::RunOptions{}));
  for (auto& run : runs) {
    REQUIRE(run->inbox.offer(incoming({{"same", "X", 1, receiver.url()}})));
    run->inbox.end_input();
  }
  for (auto& run : runs) CHECK(run->join().remaining == 0);
  CHECK(receiver.count() == 1);
}

TEST_CASE("cancelling a run lets requests finish and leaves no thread descriptor or task behind") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) {
    Answer answer;
    answer.delay = 100ms;
    return answer;
  }};
  {  // what libraries keep for good is made once
    Running warm{directory, {}};
    REQUIRE(warm.inbox.offer(incoming({{"warm", "W", 1, receiver.url()}})));
    warm.inbox.end_input();
    warm.join();
  }
  TbbCount tbb_count;
  const auto threads_before = threads();
  const auto descriptors_before = descriptors();
  const auto requests_before = receiver.count();
  {
    Running run{directory, {}};
    REQUIRE(run.inbox.offer(incoming(lines_to(receiver.url(), 500))));
    REQUIRE(receiver.wait_for(requests_before + 60));
    run.inbox.stop(flow::Stop::drain);
    const auto result = run.join();
    CHECK(result.how == flow::RunResult::How::interrupted);
    CHECK(result.remaining > 0);
    CHECK(run.shared_stats.snapshot().state_counts.of(DeliveryState::in_flight) == 0);
    CHECK(run.shared_stats.snapshot().delivered == receiver.count() - requests_before);
  }
  for (const auto& request : receiver.received()) CHECK(request.ending == dispatch::test::Ending::answered);
  CHECK(tbb_count.workers() == 0);
  CHECK(threads() == threads_before);
  // The receiver's ends of the closed connections go as soon as it notices.
  for (int tries = 0; tries < 1000 && descriptors() > descriptors_before; ++tries)
    std::this_thread::sleep_for(1ms);
  CHECK(descriptors() <= descriptors_before);
}
