#pragma once

#include "delivery/http/http_threads.hpp"
#include "delivery/http/http_transport.hpp"
#include "delivery/limited_transport.hpp"
#include "delivery/preparing_transport.hpp"
#include "delivery/transport_by_scheme.hpp"
#include "support/collected_reports.hpp"
#include "support/fakes.hpp"
#include "support/network/http2_receiver.hpp"
#include "support/network/receiver.hpp"
#include "support/scripted_transport.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace dispatch::test {

// What stands behind each Transport in its contract suite (transport_contract.cpp). A new transport gets a
// class here, with the members of these, and its name in TRANSPORTS.

/// More than any test but some has under way, and what each subject lets start at a time.
inline constexpr std::size_t at_once = 100;

/// Changes each attempt before it passes it on.
class Changing final : public delivery::Transport {
 public:
  Changing(delivery::Transport& next, std::function<void(Outgoing&)> change)
      : next_(next), change_(std::move(change)) {}
  void send(std::vector<Outgoing> batch) override {
    for (auto& outgoing : batch) change_(outgoing);
    next_.send(std::move(batch));
  }
  void withdraw() override { next_.withdraw(); }
  void abort() override { next_.abort(); }
  std::size_t waiting() const override { return next_.waiting(); }
  std::vector<delivery::Fate> resolve(std::span<const delivery::Attempted> attempts) override {
    return next_.resolve(attempts);
  }
  const delivery::SpanProtocol& protocol(std::string_view url) const override { return next_.protocol(url); }

 private:
  delivery::Transport& next_;
  const std::function<void(Outgoing&)> change_;
};

/// Over HTTP, behind the limits of a run. Attempts stay under way until answer_all() lets them, and those
/// sent later, be answered. With several threads each attempt counts as one to the next of eight hosts.
template <delivery::HttpClient Client, std::size_t Threads = 1>
class HttpSubject {
 public:
  static constexpr OutcomeKind success = OutcomeKind::answered;
  static constexpr bool can_tell = false;
  static constexpr std::string_view span_name = "POST";

  delivery::Transport& transport() { return over_hosts_; }
  CollectedReports& reports() { return reports_; }
  ManualClock& clock() { return clock_; }
  std::string url() const { return receiver_.url(); }
  bool wait_under_way(std::size_t count) { return receiver_.wait_for(count); }
  std::size_t started() const { return receiver_.count(); }
  void answer_all() { receiver_.release(); }
  /// Only where it can tell what became of attempts.
  void has(const std::set<std::string>&) {}

 private:
  static delivery::HttpOptions options() {
    delivery::HttpOptions options;
    options.client = Client;
    return options;
  }

  Receiver receiver_{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  ManualClock clock_;
  CollectedReports reports_;
  static constexpr delivery::RequestLimits limits{.per_host = at_once,
                                                  .in_all = Threads > 1 ? at_once : 10 * at_once};
  delivery::LimitedTransport limited_{limits, reports_, clock_};
  std::unique_ptr<delivery::Transport> http_ =
      delivery::start_http(options(), Threads, limited_.for_next(), clock_).value();
  delivery::LimitedTransport::Link link_ = limited_.lead_to(*http_);
  Changing over_hosts_{limited_, [](Outgoing& outgoing) {
                         if (Threads > 1) outgoing.host = static_cast<std::uint32_t>(outgoing.ticket % 8);
                       }};
};
using LibcurlSubject = HttpSubject<delivery::HttpClient::libcurl>;
using DirectSubject = HttpSubject<delivery::HttpClient::direct>;
using LibcurlThreadsSubject = HttpSubject<delivery::HttpClient::libcurl, 4>;
using DirectThreadsSubject = HttpSubject<delivery::HttpClient::direct, 4>;

/// The same over HTTP/2.
class Http2Subject {
 public:
  static constexpr OutcomeKind success = OutcomeKind::answered;
  static constexpr bool can_tell = false;
  static constexpr std::string_view span_name = "POST";

  delivery::Transport& transport() { return limited_; }
  CollectedReports& reports() { return reports_; }
  ManualClock& clock() { return clock_; }
  std::string url() const { return receiver_.url(); }
  bool wait_under_way(std::size_t count) { return receiver_.wait_for(count); }
  std::size_t started() const { return receiver_.count(); }
  void answer_all() { receiver_.release(); }
  void has(const std::set<std::string>&) {}

 private:
  delivery::HttpOptions options() const {
    delivery::HttpOptions options;
    options.version = delivery::HttpVersion::http2;
    options.ca_file = receiver_.certificate();
    return options;
  }

  Http2Receiver receiver_{
      [](const Http2Received&, std::size_t) { return Http2Reply{.manner = Http2Reply::Manner::held}; }};
  ManualClock clock_;
  CollectedReports reports_;
  delivery::LimitedTransport limited_{{.per_host = at_once, .in_all = 10 * at_once}, reports_, clock_};
  std::unique_ptr<delivery::HttpTransport> http_ =
      delivery::HttpTransport::start(options(), limited_.for_next(), clock_).value();
  delivery::LimitedTransport::Link link_ = limited_.lead_to(*http_);
};

/// A protocol of the fake.
class BrokerProtocol final : public delivery::SpanProtocol {
 public:
  std::string_view name() const override { return "publish"; }
  tracing::SpanKind kind() const override { return tracing::SpanKind::producer; }
  void describe(const delivery::AttemptFacts& attempt, tracing::SpanAttributes& attributes) const override {
    attributes.add("messaging.system", "broker");
    attributes.add("server.address", attempt.host);
  }
};

/// The fake, as a broker: it acknowledges, and can tell what has arrived.
class ScriptedSubject {
 public:
  static constexpr OutcomeKind success = OutcomeKind::acknowledged;
  static constexpr bool can_tell = true;
  static constexpr std::string_view span_name = "publish";

  ScriptedSubject() { transport_.speak(protocol_); }
  delivery::Transport& transport() { return transport_; }
  CollectedReports& reports() { return reports_; }
  ManualClock& clock() { return clock_; }
  std::string url() const { return "broker://127.0.0.1/"; }
  bool wait_under_way(std::size_t count) { return transport_.under_way().size() >= count; }
  std::size_t started() const { return transport_.sent().size(); }
  void answer_all() { transport_.finish_all(acknowledged()); }
  void has(std::set<std::string> event_ids) { transport_.knows_arrived(std::move(event_ids)); }

 protected:
  ManualClock clock_;
  CollectedReports reports_;
  BrokerProtocol protocol_;
  ScriptedTransport transport_{reports_, at_once, &clock_};
};

/// One transport of several.
class BySchemeSubject : public ScriptedSubject {
 public:
  delivery::Transport& transport() { return by_scheme_; }

 private:
  static constexpr std::array<std::string_view, 1> broker_schemes{"broker"};
  ScriptedTransport other_{reports_, 0, &clock_};
  delivery::TransportByScheme by_scheme_{{{http_schemes, other_}, {broker_schemes, transport_}}, reports_};
};

/// A subscription whose bodies must be prepared.
inline std::shared_ptr<const Subscription> enveloped() {
  Subscription subscription;
  subscription.body = BodyMode::envelope;
  return std::make_shared<const Subscription>(std::move(subscription));
}

/// Prepares before a transport that is passed the same suite itself. One thread, so that what is sent first
/// starts first.
class PreparingSubject : public ScriptedSubject {
 public:
  delivery::Transport& transport() { return subscribing_; }
  bool wait_under_way(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (transport_.under_way().size() < count && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return transport_.under_way().size() >= count;
  }

 private:
  std::unique_ptr<delivery::PreparingTransport> preparing_ =
      delivery::PreparingTransport::start(1, transport_, reports_, clock_).value();
  Changing subscribing_{*preparing_, [subscription = enveloped()](Outgoing& outgoing) {
                          outgoing.subscription = subscription;
                        }};
};

#define TRANSPORTS                                                                                           \
  LibcurlSubject, DirectSubject, Http2Subject, LibcurlThreadsSubject, DirectThreadsSubject, ScriptedSubject, \
      BySchemeSubject, PreparingSubject

}  // namespace dispatch::test
