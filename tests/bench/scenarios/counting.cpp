#include "bench/median.hpp"
#include "bench/scenario.hpp"
#include "metrics/store.hpp"

#include <barrier>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr std::uint64_t counts_per_thread = 300'000;
constexpr std::size_t keys = 16;

/// What the store of the program is compared with.
class PlainStore final : public metrics::MetricStore {
 public:
  void inc(std::string_view key) override {
    const std::scoped_lock lock{mutex_};
    ++counts_.try_emplace(std::string{key}, 0).first->second;
  }
  std::int64_t get(std::string_view key) const override {
    const std::scoped_lock lock{mutex_};
    const auto found = counts_.find(std::string{key});
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> counts_;
};

/// Counts a second, of all threads together.
template <class Store>
double rate(std::size_t threads) {
  Store store;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < keys; ++i)
    names.push_back(fmt::format("dispatch_attempts_total{{outcome=\"{}\"}}", i));
  std::barrier begin{static_cast<std::ptrdiff_t>(threads) + 1};
  std::vector<std::jthread> counting;
  for (std::size_t thread = 0; thread < threads; ++thread)
    counting.emplace_back([&] {
      begin.arrive_and_wait();
      for (std::uint64_t i = 0; i < counts_per_thread; ++i) store.inc(names[i % keys]);
    });
  begin.arrive_and_wait();
  const auto began = std::chrono::steady_clock::now();
  counting.clear();  // joins
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::int64_t counted = 0;
  for (const auto& name : names) counted += store.get(name);
  const auto total = counts_per_thread * threads;
  if (static_cast<std::uint64_t>(counted) != total) throw std::runtime_error{"counts were lost"};
  return static_cast<double>(total) / took.count();
}

template <class Store>
double median_rate(std::size_t threads, std::uint64_t repeat) {
  std::vector<double> rates;
  for (std::uint64_t i = 0; i < repeat; ++i) rates.push_back(rate<Store>(threads));
  return median(std::move(rates));
}

}  // namespace

void counting(const Bench& bench) {
  fmt::print("counting: inc of {} keys, {} a thread, on {} cores\n", keys, counts_per_thread,
             std::thread::hardware_concurrency());
  fmt::print("{:>8} {:>18} {:>18} {:>8}\n", "threads", "plain mutex, inc/s", "shared, inc/s", "ratio");
  for (std::size_t threads = 1; threads <= 8; ++threads) {
    const double plain = median_rate<PlainStore>(threads, bench.plan.repeat);
    const double shared = median_rate<metrics::SharedMapStore>(threads, bench.plan.repeat);
    fmt::print("{:>8} {:>18.0f} {:>18.0f} {:>8.2f}\n", threads, plain, shared, shared / plain);
  }
}

}  // namespace dispatch::bench
