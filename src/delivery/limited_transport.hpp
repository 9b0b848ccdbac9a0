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

/// Enforces the limits on concurrent requests in front of all transports, for every protocol. A request over
/// a limit waits: in order of arrival within one host, and hosts in turn. When a request ends, the next one
/// starts at once, on the thread that reports the outcome.
///
/// If a receiver asks for time, waiting requests for the same URL would get the same answer. They are
/// reported as `withdrawn`, unless the answer has another meaning in their policy.
class LimitedTransport final : public Transport, private Reports {
 public:
  /// `reports` and `clock` are borrowed and must outlive it.
  LimitedTransport(const RequestLimits& limits, Reports& reports, const Clock& clock)
      : reports_(reports), clock_(clock), admission_(limits) {}

  /// The Reports that the transports behind it must use.
  Reports& for_next() { return *this; }

  /// The connection to the transports behind it. Its destructor reports the waiting requests as `withdrawn`;
  /// from then on the end of a request starts no other.
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
  /// Sets the transport that requests go to. `next` is borrowed and must outlive the link. Call it once,
  /// before anything is sent.
  [[nodiscard]] Link lead_to(Transport& next);

  /// Changes the limits. If they are higher, waiting requests start at once, on the caller's thread. If they
  /// are lower, running requests go on, and no new one starts until enough of them have ended. Thread-safe.
  void set_limits(const RequestLimits& limits);

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  std::size_t waiting() const override;
  std::vector<Fate> resolve(std::span<const Attempted> attempts) override { return next_->resolve(attempts); }
  const SpanProtocol& protocol(std::string_view url) const override { return next_->protocol(url); }

 private:
  /// What must be known of a running request when it ends.
  struct Sent {
    std::uint32_t host = 0;
    std::size_t url_hash = 0;  // where two are taken for one, an attempt is withdrawn and begins again
    bool throttled_by_429 = true, throttled_by_503 = true;
  };

  void close();
  void put(std::vector<Report> reports) override;
  void end(const Report& report, std::vector<Report>& given_back);
  void note_sent(const Outgoing& outgoing);
  void take_ready(std::vector<Outgoing>& ready, std::vector<Report>& given_back);
  void hand_over(std::vector<Outgoing> ready);
  void give_back_all();

  Reports& reports_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Admission admission_;  // protected by mutex_, like the members below it except next_
  std::unordered_map<std::uint64_t, Sent> sent_;  // by ticket
  bool closed_ = false;
  std::size_t handing_over_ = 0;  // number of threads that are passing requests on
  std::condition_variable handed_over_;
  Transport* next_ = nullptr;
};

}  // namespace dispatch::delivery
