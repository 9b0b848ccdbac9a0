#pragma once

#include "base/clock.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/http_protocol.hpp"
#include "delivery/transport.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::test {

/// An HTTP answer of that status.
inline Outcome answered(int status) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status;
  outcome.took = std::chrono::milliseconds{1};
  return outcome;
}

/// A broker that has taken it.
inline Outcome acknowledged() {
  Outcome outcome;
  outcome.kind = OutcomeKind::acknowledged;
  outcome.took = std::chrono::milliseconds{1};
  return outcome;
}

/// A broker that has not.
inline Outcome declined(int code, std::string error, bool permanent = false) {
  Outcome outcome;
  outcome.kind = OutcomeKind::declined;
  outcome.code = code;
  outcome.permanent = permanent;
  outcome.error = std::move(error);
  outcome.took = std::chrono::milliseconds{1};
  return outcome;
}

/// An attempt that got no answer.
inline Outcome unanswered(OutcomeKind kind, std::string error = "scripted failure") {
  Outcome outcome;
  outcome.kind = kind;
  outcome.error = std::move(error);
  return outcome;
}

/// A transport that sends nothing: it remembers what it was given, and each attempt stays under way until the
/// test says how it ends. The report is put on the caller's thread, before the call returns. Thread-safe; no
/// lock is held while a report is put, so whoever takes reports may send again at once. With a limit, what is
/// above it waits, and starts in its order when something has ended. Without a clock everything may begin at
/// any time. It can tell what became of attempts once it was told what has arrived.
class ScriptedTransport final : public delivery::Transport {
 public:
  explicit ScriptedTransport(delivery::Reports& reports,
                             std::size_t at_once = std::numeric_limits<std::size_t>::max(),
                             const Clock* clock = nullptr)
      : reports_(reports), at_once_(at_once), clock_(clock) {}

  void send(std::vector<Outgoing> batch) override {
    std::vector<delivery::Report> reports;
    {
      const std::scoped_lock lock{mutex_};
      std::move(batch.begin(), batch.end(), std::back_inserter(waiting_));
      start_waiting(reports);
    }
    if (!reports.empty()) reports_.put(std::move(reports));
  }

  std::size_t waiting() const override {
    const std::scoped_lock lock{mutex_};
    return waiting_.size();
  }
  void withdraw() override {
    std::vector<delivery::Report> reports;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& outgoing : waiting_)
        reports.push_back({outgoing.ticket, unanswered(OutcomeKind::withdrawn, "taken back")});
      waiting_.clear();
    }
    if (!reports.empty()) reports_.put(std::move(reports));
  }

  void abort() override {
    withdraw();
    finish_all(unanswered(OutcomeKind::unknown, "aborted"));
  }

  std::vector<delivery::Fate> resolve(std::span<const delivery::Attempted> attempts) override {
    const std::scoped_lock lock{mutex_};
    std::vector<delivery::Fate> fates(attempts.size(), delivery::Fate::unknown);
    if (!arrived_) return fates;
    for (std::size_t i = 0; i < attempts.size(); ++i)
      fates[i] = arrived_->contains(attempts[i].event_id) ? delivery::Fate::arrived : delivery::Fate::absent;
    return fates;
  }

  /// That of HTTP, as most tests speak, unless another is given.
  const delivery::SpanProtocol& protocol(std::string_view) const override { return *protocol_; }
  void speak(const delivery::SpanProtocol& protocol) { protocol_ = &protocol; }

  /// From now on it can tell what became of attempts: the events of these ids have arrived, others have not.
  void knows_arrived(std::set<std::string> event_ids) {
    const std::scoped_lock lock{mutex_};
    arrived_ = std::move(event_ids);
  }

  /// Ends the oldest attempt under way for that event. False where there is none.
  bool finish(std::string_view event_id, Outcome outcome) {
    return finish_first([&](const Outgoing& outgoing) { return outgoing.event_id == event_id; },
                        std::move(outcome));
  }

  /// Ends the attempt of that ticket. False where it is not under way.
  bool finish_ticket(std::uint64_t ticket, Outcome outcome) {
    return finish_first([&](const Outgoing& outgoing) { return outgoing.ticket == ticket; },
                        std::move(outcome));
  }

  /// Ends every attempt under way in the order of sending, all in one report. Returns how many.
  std::size_t finish_all(const Outcome& outcome) {
    std::vector<delivery::Report> reports;
    std::size_t finished = 0;
    {
      const std::scoped_lock lock{mutex_};
      for (const auto& outgoing : under_way_) reports.push_back({outgoing.ticket, outcome});
      under_way_.clear();
      finished = reports.size();
      start_waiting(reports);
    }
    if (!reports.empty()) reports_.put(std::move(reports));
    return finished;
  }

  /// What is under way is never heard of again, as when the process dies.
  void forget() {
    const std::scoped_lock lock{mutex_};
    under_way_.clear();
    waiting_.clear();
  }

  /// Everything ever started, in order.
  std::vector<Outgoing> sent() const {
    const std::scoped_lock lock{mutex_};
    return sent_;
  }

  /// The event ids of everything ever started, in order.
  std::vector<std::string> sent_ids() const { return ids(&ScriptedTransport::sent_); }

  /// What has been started and not ended, in order of sending.
  std::vector<Outgoing> under_way() const {
    const std::scoped_lock lock{mutex_};
    return under_way_;
  }

  /// The event ids of what is under way, in order of sending.
  std::vector<std::string> under_way_ids() const { return ids(&ScriptedTransport::under_way_); }

  /// The most attempts that were ever under way at one time.
  std::size_t most_under_way() const {
    const std::scoped_lock lock{mutex_};
    return most_under_way_;
  }

 private:
  /// Under mutex_. Adds reports of what may begin no longer.
  void start_waiting(std::vector<delivery::Report>& reports) {
    for (; !waiting_.empty() && under_way_.size() < at_once_; waiting_.pop_front()) {
      if (clock_ != nullptr && !waiting_.front().may_begin(clock_->steady())) {
        reports.push_back({waiting_.front().ticket, delivery::too_late()});
        continue;
      }
      under_way_.push_back(waiting_.front());
      sent_.push_back(std::move(waiting_.front()));
    }
    most_under_way_ = std::max(most_under_way_, under_way_.size());
  }

  template <class Wanted>
  bool finish_first(const Wanted& wanted, Outcome outcome) {
    std::vector<delivery::Report> reports;
    {
      const std::scoped_lock lock{mutex_};
      const auto found = std::find_if(under_way_.begin(), under_way_.end(), wanted);
      if (found == under_way_.end()) return false;
      reports.push_back({found->ticket, std::move(outcome)});
      under_way_.erase(found);
      start_waiting(reports);
    }
    reports_.put(std::move(reports));
    return true;
  }

  std::vector<std::string> ids(std::vector<Outgoing> ScriptedTransport::*which) const {
    const std::scoped_lock lock{mutex_};
    std::vector<std::string> ids;
    for (const auto& outgoing : this->*which) ids.push_back(outgoing.event_id);
    return ids;
  }

  delivery::Reports& reports_;
  const std::size_t at_once_;
  const Clock* const clock_;
  const delivery::SpanProtocol* protocol_ = &delivery::http_protocol();
  mutable std::mutex mutex_;
  std::deque<Outgoing> waiting_;
  std::optional<std::set<std::string>> arrived_;
  std::vector<Outgoing> sent_;
  std::vector<Outgoing> under_way_;
  std::size_t most_under_way_ = 0;
};

}  // namespace dispatch::test
