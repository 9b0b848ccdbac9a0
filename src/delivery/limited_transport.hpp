#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/admission.hpp"
#include "delivery/request_limits.hpp"
#include "delivery/transport.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// Stands above all transports and holds requests to their limits, whatever their protocol. What may not
/// start yet waits here: first come, first served for one host, and the hosts in turn. When a request ends,
/// the next one starts at once, on the thread that brings the outcome.
///
/// Where a receiver asks for time, what waits here for the same URL would get the same answer: it is given
/// back as `withdrawn`, unless the answer means something else by its policy.
class LimitedTransport final : public Transport, private Reports {
 public:
  /// `reports` and `clock` are borrowed and must outlive it.
  LimitedTransport(const RequestLimits& limits, Reports& reports, const Clock& clock)
      : reports_(reports), clock_(clock), admission_(limits) {}

  /// Where the transports behind it put their reports.
  Reports& for_next() { return *this; }

  /// The way to the transports behind it. When it ends, what waits is given back and nothing more is sent.
  class Link {
   public:
    explicit Link(LimitedTransport& limited) : limited_(&limited) {}
    Link(Link&& other) noexcept : limited_(std::exchange(other.limited_, nullptr)) {}
    Link& operator=(Link&&) = delete;
    ~Link() {
      if (limited_ != nullptr) limited_->close();
    }

   private:
    LimitedTransport* limited_;
  };
  /// Requests go to `next`, which is borrowed and must outlive the link. Once, before anything is sent.
  [[nodiscard]] Link lead_to(Transport& next);

  /// From now on. Where they are higher, what waits starts at once, on the caller's thread; where they are
  /// lower, what is under way goes on, and nothing new starts until enough of it has ended. Any thread.
  void set_limits(const RequestLimits& limits);

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  std::size_t waiting() const override;
  std::vector<Fate> resolve(std::span<const Attempted> attempts) override { return next_->resolve(attempts); }
  const SpanProtocol& protocol(std::string_view url) const override { return next_->protocol(url); }

 private:
  /// What is under way, as far as it has to be known when it ends.
  struct Sent {
    std::uint32_t host = 0;
    std::string url;
    bool throttled_by_429 = true, throttled_by_503 = true;
  };

  void close();
  void put(std::vector<Report> reports) override;
  void end(const Report& report, std::vector<Report>& given_back);
  std::vector<Outgoing> take_ready(std::vector<Report>& given_back);
  void hand_over(std::vector<Outgoing> ready);
  void give_back_all();

  Reports& reports_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Admission admission_;                           // under mutex_, as all below but next_
  std::unordered_map<std::uint64_t, Sent> sent_;  // by ticket
  bool closed_ = false;
  std::size_t handing_over_ = 0;  // how many threads do it now
  std::condition_variable handed_over_;
  Transport* next_ = nullptr;
};

}  // namespace dispatch::delivery
