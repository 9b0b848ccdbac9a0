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

/// Stands before another transport and prepares what needs it (preparation.hpp), on threads of its own; all
/// else goes through at once. One subscription has no more than all threads but one. What cannot be prepared
/// is reported as preparation.hpp says. What waits to be prepared, or is being, has not started: it can be
/// withdrawn, and is not prepared where it may begin no longer when its turn comes.
///
/// `next`, `reports` and `clock` are borrowed; they must outlive it, and `next` puts its reports itself.
class PreparingTransport final : public Transport {
 public:
  /// Fails where the system gives no thread.
  static Result<std::unique_ptr<PreparingTransport>> start(std::size_t threads, Transport& next,
                                                           Reports& reports, const Clock& clock);
  /// Withdraws what has not gone to `next`; that goes on.
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
  std::uint64_t withdrawals_ = 0;  // so far: what was begun before the last one is not sent
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dispatch::delivery
