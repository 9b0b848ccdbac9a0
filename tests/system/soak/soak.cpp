// A run that stays on: fed by a stream, with a receiver that fails now and then and an operator who releases
// dead letters. Memory, open files, the WAL and the latency must stop growing, and at the end no promise may
// be broken.
//
//   --dispatch PATH    the program; the one of this build otherwise
//   --minutes N        of load (default 30, or DISPATCH_SOAK_MINUTES)
//   --rate N           events a second (default 300)
//
// Prints a table while it goes on. Exits with 0, with 1 where a promise is broken or a figure keeps growing,
// with 2 where the arguments are wrong.

#define DOCTEST_CONFIG_IMPLEMENT
#include "bench/arguments.hpp"
#include "system/program/account.hpp"
#include "system/program/scenario.hpp"
#include "system/soak/samples.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

namespace dispatch::test {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr int entities = 200;
constexpr int steady_one_in = 4;  // entities that never fail: what they wait for is not an operator
constexpr auto sample_every = 10s;
constexpr auto release_every = 5s;
constexpr auto feed_every = 10ms;
constexpr int settling_rounds_most = 50;

constexpr std::array tolerances{
    Tolerance{"RSS, MiB", &Sample::rss_mib, false, 0.10, 2},
    Tolerance{"open files", &Sample::descriptors, false, 0.10, 8},
    Tolerance{"WAL, MiB", &Sample::wal_mib, true, 0.25, 4},
    Tolerance{"p99, ms", &Sample::p99_ms, false, 0.50, 20},
};

struct Plan {
  std::chrono::seconds load{};
  std::uint64_t rate = 0;
  std::string program;
};

bool is_steady(const std::string& entity) {
  return std::strtol(entity.c_str() + 1, nullptr, 10) % steady_one_in == 0;
}

/// A receiver that fails by chance and notes how long events took to come.
class Moody {
 public:
  Moody() { receiver_.keep_only({"Idempotency-Key", "X-Dispatch-Entity-ID", "X-Dispatch-Sequence"}); }

  const Receiver& receiver() const { return receiver_; }

  /// Milliseconds from handing in to arrival, of the steady entities' events since the last call.
  std::vector<double> take_latencies() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(latencies_, {});
  }

 private:
  Answer answer(const Received& request, std::size_t nth) {
    if (is_steady(entity_of(request))) {
      note_latency(request.body);
      return {};
    }
    Answer answer;
    // One event in 200 fails its first seven times: a dead letter, released, and good at last.
    if (nth <= 7 && std::hash<std::string>{}(id_of(request)) % 200 == 0) {
      answer.status = 500;
      return answer;
    }
    const double mood = chance_(engine_);
    if (mood < 0.02) {
      answer.status = 500;
    } else if (mood < 0.03) {
      answer.manner = Answer::Manner::reset;
    } else if (mood < 0.04) {
      answer.delay = std::chrono::milliseconds{50 + static_cast<int>(mood * 1e6) % 150};
    } else if (mood < 0.0402) {
      answer.delay = 8s;  // longer than the timeout
    }
    return answer;
  }

  /// The payload is the time of handing in, in nanoseconds of the steady clock.
  void note_latency(const std::string& body) {
    Steady::rep sent = 0;
    std::from_chars(body.data(), body.data() + body.size(), sent);
    const std::chrono::duration<double, std::milli> took =
        Steady::now() - Steady::time_point{Steady::duration{sent}};
    const std::scoped_lock lock{mutex_};
    latencies_.push_back(took.count());
  }

  std::mutex mutex_;
  std::vector<double> latencies_;
  std::mt19937 engine_{20261121};  // the receiver's thread only
  std::uniform_real_distribution<> chance_{0, 1};
  Receiver receiver_{[this](const Received& request, std::size_t nth) { return answer(request, nth); }};
};

/// Calls `body` on a thread of its own every so often, from one interval after the start until the end of the
/// object.
class Every {
 public:
  Every(Steady::duration interval, std::function<void()> body)
      : thread_([this, interval, body = std::move(body)] {
          std::unique_lock lock{mutex_};
          auto next = Steady::now() + interval;
          while (!news_.wait_until(lock, next, [this] { return over_; })) {
            lock.unlock();
            body();
            lock.lock();
            while (next <= Steady::now()) next += interval;  // what was missed is left out
          }
        }) {}
  ~Every() {
    {
      const std::scoped_lock lock{mutex_};
      over_ = true;
    }
    news_.notify_all();
    thread_.join();
  }
  Every(const Every&) = delete;
  Every& operator=(const Every&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  bool over_ = false;
  std::thread thread_;
};

class Soak {
 public:
  explicit Soak(const Plan& plan) : plan_(plan) { setup_.program = plan.program; }

  /// True where all is well; what is not is printed.
  bool run() {
    print_head();
    const bool lived = load();
    const bool settled = settle();
    const bool sound = say("verify", dispatch({"verify"}) == 0);
    auto account = test::account(moody_.receiver().received(), submitted_);
    const auto late = without_late_answers(account);
    if (late > 0)
      fmt::print("        {} events were sent again because the answer was read too late\n", late);
    std::ostringstream text;
    text << account;
    const bool kept = say("record: " + text.str(), account.kept());
    const bool flat = judge();
    return lived && settled && sound && kept && flat;
  }

 private:
  static bool say(const std::string& what, bool good) {
    fmt::print("{:<8}{}\n", good ? "good" : "BROKEN", what);
    return good;
  }

  /// A process that stands still for longer than the timeout, because the machine does, finds the answers
  /// that came meanwhile too late. Such an event is rightly sent again, if the journal says that its attempt
  /// timed out.
  std::size_t without_late_answers(Account& account) const {
    const auto timed_out = [this](const std::string& id) {
      return has(run_dispatch(directory_, {"attempts", id, "--json"}, {}, setup_).out,
                 R"("outcome":"timeout")");
    };
    const auto late = static_cast<std::size_t>(
        std::count_if(account.repeated_ids.begin(), account.repeated_ids.end(), timed_out));
    account.repeated -= late;
    return late;
  }

  int dispatch(std::vector<std::string> arguments) {
    const auto finished = run_dispatch(directory_, std::move(arguments), {}, setup_);
    if (finished.exit_code != 0) fmt::print("{}{}", finished.out, finished.err);
    return finished.exit_code;
  }

  std::vector<std::string> run_arguments() const {
    return {"run", "--to", moody_.receiver().url(), "--backoff", "20ms..500ms", "--quiet"};
  }

  bool load() {
    auto arguments = run_arguments();
    arguments.emplace_back("-");
    Child run{directory_, arguments, setup_};
    began_ = Steady::now();
    {
      const Every operates{release_every, [this] { release(); }};
      const Every samples{sample_every, [&] { sample(run.pid()); }};
      feed(run);
    }
    run.close_input();
    const int exit_code = run.exit_code();
    const bool good = exit_code == 0 || exit_code == 3;  // 3: dead letters remain
    if (!good) fmt::print("{}", run.err().text());
    return say(fmt::format("the run that was fed exited with {}", exit_code), good);
  }

  /// Hands in at the plan's rate, or as fast as it is taken where that is slower.
  void feed(Child& run) {
    const auto end = began_ + plan_.load;
    std::uint64_t handed_in = 0;
    for (auto now = began_; now < end; now = Steady::now()) {
      const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - began_).count() *
                                                  static_cast<double>(plan_.rate));
      std::string lines;
      for (; handed_in < due; ++handed_in) lines += next_line(handed_in);
      if (!run.write(lines)) return;
      std::this_thread::sleep_until(now + feed_every);  // the load is the test
    }
  }

  std::string next_line(std::uint64_t number) {
    const auto entity = fmt::format("E{}", number % entities);
    const auto sequence = static_cast<std::int64_t>(number / entities) + 1;
    submitted_[entity].insert(sequence);
    return event_line(fmt::format("{}-{}", entity, sequence), entity, sequence, {},
                      std::to_string(Steady::now().time_since_epoch().count()));
  }

  void release() {
    const auto listed = run_dispatch(directory_, {"dlq", "list", "--json"}, {}, setup_);
    const auto dead = line_count(listed.out);
    if (dead == 0 || dispatch({"dlq", "release", "--all"}) != 0) return;
    released_ += dead;
  }

  void sample(pid_t process) {
    const auto rss = rss_mib(process);
    const auto files = open_files(process);
    if (!rss || !files) return;
    std::error_code none;
    const auto wal = std::filesystem::file_size(directory_ / "dispatch.db-wal", none);
    samples_.push_back({std::chrono::floor<std::chrono::seconds>(Steady::now() - began_), *rss, *files,
                        none ? 0 : static_cast<double>(wal) / 1024 / 1024, p99(moody_.take_latencies()),
                        moody_.receiver().count(), released_});
    print(samples_.back());
  }

  /// Releases and runs until nothing is left.
  bool settle() {
    for (int round = 0; round < settling_rounds_most; ++round) {
      release();
      if (run_dispatch(directory_, run_arguments(), {}, setup_).exit_code == 0)
        return say("all was delivered in the end", true);
    }
    return say("something is left", false);
  }

  bool judge() const {
    bool all = true;
    for (const auto& tolerance : tolerances) {
      const auto found = flatness(samples_, tolerance);
      const auto what = fmt::format(
          "{}: {} {:.1f} in the middle third and {:.1f} in the last; allowed {:.1f}", tolerance.name,
          tolerance.highest ? "at most" : "median", found.middle, found.last, found.allowed);
      all = say(what, found.flat()) && all;
    }
    return all;
  }

  static void print_head() {
    fmt::print("{:>8}{:>10}{:>12}{:>10}{:>10}{:>12}{:>10}\n", "seconds", "RSS MiB", "open files", "WAL MiB",
               "p99 ms", "requests", "released");
  }

  static void print(const Sample& sample) {
    fmt::print("{:>8}{:>10.1f}{:>12.0f}{:>10.1f}{:>10.1f}{:>12}{:>10}\n", sample.at.count(), sample.rss_mib,
               sample.descriptors, sample.wal_mib, sample.p99_ms, sample.requests, sample.released);
    std::fflush(stdout);
  }

  const Plan plan_;
  const TempDir directory_;
  Child::Setup setup_;
  Moody moody_;
  Steady::time_point began_;
  Submitted submitted_;
  std::atomic<std::size_t> released_{0};
  std::vector<Sample> samples_;
};

std::uint64_t minutes_by_default() {
  const char* const said = std::getenv("DISPATCH_SOAK_MINUTES");
  return said != nullptr ? std::strtoul(said, nullptr, 10) : 30;
}

}  // namespace
}  // namespace dispatch::test

int main(int argc, char** argv) {
  using namespace dispatch::test;
  return dispatch::bench::run_program("soak", argc, argv, [](dispatch::bench::Arguments& arguments) {
    Plan plan;
    plan.load = std::chrono::minutes{arguments.number("minutes", minutes_by_default())};
    plan.rate = arguments.number("rate", 300);
    plan.program = arguments.text("dispatch", "");
    arguments.done();
    if (plan.load < std::chrono::minutes{1}) throw std::invalid_argument{"--minutes: at least 1"};
    return Soak{plan}.run() ? 0 : 1;
  });
}
