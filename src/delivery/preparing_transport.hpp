#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/preparation_queue.hpp"
#include "delivery/transport.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

namespace dispatch::delivery {

/// Prepares requests (preparation.hpp) on its own threads before another transport sends them; requests that
/// need no preparation go through at once. One subscription uses at most all threads but one. Failures are
/// reported as preparation.hpp says. A request that waits for preparation, or is in preparation, has not
/// started: it can be withdrawn, and is not sent if its deadline for starting has passed.
///
/// `next`, `reports` and `clock` are borrowed and must outlive it. `next` reports its own outcomes.
class PreparingTransport final : public Transport {
 public:
  /// Fails if the system has no thread left.
  static Result<std::unique_ptr<PreparingTransport>> start(std::size_t threads, Transport& next,
                                                           Reports& reports, const Clock& clock);
  /// Withdraws what has not been passed to `next`; the rest goes on.
  ~PreparingTransport() override;
  PreparingTransport(const PreparingTransport&) = delete;
  PreparingTransport& operator=(const PreparingTransport&) = delete;

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  std::size_t waiting() const override;
  std::vector<Fate> resolve(std::span<const Attempted> attempts) override { return next_.resolve(attempts); }
  const SpanProtocol& protocol(std::string_view url) const override { return next_.protocol(url); }

 private:
  PreparingTransport(std::size_t threads, Transport& next, Reports& reports, const Clock& clock)
      : next_(next), reports_(reports), clock_(clock), queue_(std::max<std::size_t>(threads, 2) - 1) {}
  Result<> start_threads(std::size_t threads);
  void run() noexcept;
  void take_back();

  Transport& next_;
  Reports& reports_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PreparationQueue queue_;
  std::uint64_t withdrawals_ =
      0;  // number of withdrawals; requests prepared before the last one are not sent
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dispatch::delivery
