// The limits of a whole run, whose dispatcher alone asks the policies, while eight threads of its transport
// report to it and move the clock.

#include "base/system/log.hpp"
#include "flow/run.hpp"
#include "support/fullest_stretch.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Eight threads, each with a request at a time; what they have no hands for waits. A request counts as under
/// way at its receiver from send() until just before its report.
class Crowd final : public delivery::Transport {
 public:
  struct Place {
    std::vector<SteadyTime> came;
    std::size_t under_way = 0, most = 0;
  };
  /// The answer to the so many-th request of a URL, counted from 1.
  using Script = std::function<int(const std::string& url, std::size_t nth)>;

  Crowd(delivery::Reports& reports, ManualClock& clock, Script script)
      : reports_(reports), clock_(clock), script_(std::move(script)) {
    for (auto& thread : threads_) thread = std::thread{[this] { work(); }};
  }
  ~Crowd() override {
    {
      const std::scoped_lock lock{mutex_};
      closed_ = true;
    }
    news_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  void send(std::vector<Outgoing> batch) override {
    const std::scoped_lock lock{mutex_};
    for (auto& outgoing : batch) {
      const auto now = clock_.steady();
      for (Place* place : {&by_url_[outgoing.url], &by_host_[host_of(outgoing.url)]}) {
        place->came.push_back(now);
        place->most = std::max(place->most, ++place->under_way);
      }
      const std::size_t nth = by_url_[outgoing.url].came.size();
      waiting_.push_back({std::move(outgoing), nth});
    }
    news_.notify_all();
  }
  void withdraw() override {}  // the runs here end by themselves
  void abort() override {}

  Place at_url(const std::string& url) const {
    const std::scoped_lock lock{mutex_};
    return by_url_.at(url);
  }
  Place at_host(const std::string& host) const {
    const std::scoped_lock lock{mutex_};
    return by_host_.at(host);
  }

 private:
  struct Request {
    Outgoing outgoing;
    std::size_t nth = 0;
  };

  void work() {
    std::unique_lock lock{mutex_};
    while (true) {
      news_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
      if (closed_) return;
      const Request request = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      std::this_thread::yield();
      clock_.tick(1ms);
      const int status = script_(request.outgoing.url, request.nth);
      lock.lock();
      --by_url_[request.outgoing.url].under_way;
      --by_host_[host_of(request.outgoing.url)].under_way;
      lock.unlock();
      std::vector<delivery::Report> reports;
      reports.push_back({request.outgoing.ticket, answered(status)});
      reports_.put(std::move(reports));
      lock.lock();
    }
  }

  delivery::Reports& reports_;
  ManualClock& clock_;
  const Script script_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Request> waiting_;
  std::map<std::string, Place> by_url_, by_host_;
  bool closed_ = false;
  std::array<std::thread, 8> threads_;
};

/// Moves the clock on while it lives, also while nothing is under way.
class Time {
 public:
  explicit Time(ManualClock& clock)
      : thread_([this, &clock] {
          while (!over_) {
            clock.tick(1ms);
            std::this_thread::sleep_for(20us);
          }
        }) {}
  ~Time() {
    over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("eight reporting threads get no more than rate and concurrency and circuit and host allow") {
  constexpr std::size_t events = 200;
  constexpr std::size_t failing = 40;  // so many requests to it fail
  constexpr Rate rate{20, 1s};
  constexpr policy::BreakerPolicy breaker{.failures = 5, .open_for = 2s, .probes = 3, .successes = 3};
  constexpr std::size_t per_host = 6;

  const TempDir directory;
  journal::SqliteOptions unsynced;
  unsynced.opening.durability = journal::Opening::Durability::delayed;
  const auto journal = journal::SqliteJournal::open(directory.path() / "journal.db", unsynced).value();
  const auto subscribe = [&](const std::string& id, auto change) {
    Subscription wanted = subscription(id);
    change(wanted);
    auto transaction = journal->begin().value();
    REQUIRE(transaction->put_subscription(wanted, WallTime{}));
    REQUIRE(transaction->commit());
    return wanted.url;
  };
  const auto rated = subscribe("rated", [&](Subscription& one) { one.rate = rate; });
  const auto narrow = subscribe("narrow", [](Subscription& one) { one.concurrency = 2; });
  const auto both = subscribe("both", [&](Subscription& one) {
    one.rate = rate;
    one.concurrency = 3;
  });
  const auto dead = subscribe("dead", [](Subscription&) {});
  const auto shared = subscribe("shared", [](Subscription& one) {
    one.host = "narrow.test";
    one.url = "http://narrow.test:8080/hook";
  });

  ManualClock clock;
  FixedRandom random;
  flow::Inbox inbox{1000};
  ingest::RejectsFile rejects{(directory.path() / "rejects.jsonl").string()};
  routing::Router router = routing::Router::make(std::nullopt).value();
  MemoryRoster roster;
  Crowd crowd{inbox, clock, [&](const std::string& url, std::size_t nth) {
                if (url == dead) return nth <= failing ? 503 : 200;
                return nth % 9 == 0 ? 500 : 200;
              }};
  const flow::RunContext context{
      {*journal, inbox, rejects, clock, silent_log(), router}, crowd, random, roster};
  flow::RunOptions options;
  options.breaker = breaker;
  options.requests.per_host = per_host;
  options.retry.attempts = 1000;
  options.retry.backoff_most = 1s;
  flow::SharedStats shared_stats;

  std::vector<Line> lines;
  for (std::size_t i = 0; i < events; ++i)
    lines.push_back(
        {fmt::format("e{}", i), fmt::format("E{}", i % 50), static_cast<std::int64_t>(i / 50 + 1), ""});
  REQUIRE(inbox.offer(incoming(lines)));
  inbox.end_input();
  const auto result = [&] {
    const Time time{clock};
    return flow::run(context, options, shared_stats);
  }();
  REQUIRE(result);
  CHECK(result->remaining == 0);
  CHECK(shared_stats.snapshot().state_counts.of(DeliveryState::completed) == 5 * events);

  for (const auto& url : {rated, both}) {
    CAPTURE(url);
    CHECK(fullest_stretch(crowd.at_url(url).came, rate.per) <= rate.count);
  }
  CHECK(crowd.at_url(narrow).most == 2);
  CHECK(crowd.at_url(both).most <= 3);
  for (const char* host : {"rated.test", "narrow.test", "both.test", "dead.test"})
    CHECK(crowd.at_host(host).most <= per_host);

  // Until it opens, as many as fail in a row, and those that are under way then; from then on, probes.
  const auto came = crowd.at_url(dead).came;
  constexpr std::size_t at_first = breaker.failures + per_host - 1;
  REQUIRE(came.size() >= failing);
  const std::vector<SteadyTime> probes{came.begin() + at_first, came.begin() + failing};
  CHECK(fullest_stretch(probes, breaker.open_for) <= breaker.probes);
}
