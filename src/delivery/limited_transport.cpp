#include "delivery/limited_transport.hpp"

#include "delivery/ended_here.hpp"
#include "policy/classify.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace dispatch::delivery {
namespace {

/// As policy::asks_for_time(), where the policy of the delivery leaves the status that meaning.
template <class Attempt>
bool is_put_off(const Attempt& attempt, const Outcome& outcome) {
  const bool heeded = outcome.status == 429 ? attempt.throttled_by_429 : attempt.throttled_by_503;
  return heeded && policy::asks_for_time(outcome);
}

}  // namespace

LimitedTransport::Link LimitedTransport::lead_to(Transport& next) {
  next_ = &next;
  return Link{*this};
}

void LimitedTransport::close() {
  {
    const std::scoped_lock lock{mutex_};
    closed_ = true;
  }
  give_back_all();
}

void LimitedTransport::set_limits(const RequestLimits& limits) {
  std::vector<Report> given_back;
  std::vector<Outgoing> ready;
  {
    const std::scoped_lock lock{mutex_};
    admission_.set_limits(limits);
    if (!closed_) take_ready(ready, given_back);
  }
  hand_over(std::move(ready));
  if (!given_back.empty()) reports_.put(std::move(given_back));
}

void LimitedTransport::send(std::vector<Outgoing> batch) {
  std::vector<Report> given_back;
  {
    const std::scoped_lock lock{mutex_};
    const auto rest = batch.begin() + static_cast<std::ptrdiff_t>(admission_.start(batch));
    std::for_each(batch.begin(), rest, [this](const Outgoing& outgoing) { note_sent(outgoing); });
    std::for_each(rest, batch.end(), [this](Outgoing& outgoing) { admission_.add(std::move(outgoing)); });
    batch.erase(rest, batch.end());
    take_ready(batch, given_back);
  }
  hand_over(std::move(batch));
  if (!given_back.empty()) reports_.put(std::move(given_back));
}

void LimitedTransport::withdraw() {
  give_back_all();
  next_->withdraw();
}

void LimitedTransport::abort() {
  give_back_all();
  next_->abort();
}

std::size_t LimitedTransport::waiting() const {
  std::size_t here = 0;
  {
    const std::scoped_lock lock{mutex_};
    here = admission_.waiting();
  }
  return here + next_->waiting();
}

/// What the transport behind it reports.
void LimitedTransport::put(std::vector<Report> reports) {
  std::vector<Outgoing> ready;
  {
    const std::scoped_lock lock{mutex_};
    std::vector<Report> given_back;
    for (const Report& report : reports) end(report, given_back);
    ready.reserve(std::min(reports.size(), admission_.waiting()));
    if (!closed_) take_ready(ready, given_back);
    std::move(given_back.begin(), given_back.end(), std::back_inserter(reports));
  }
  hand_over(std::move(ready));
  reports_.put(std::move(reports));
}

/// What start() and take_ready() have given.
void LimitedTransport::hand_over(std::vector<Outgoing> ready) {
  if (ready.empty()) return;
  next_->send(std::move(ready));
  const std::scoped_lock lock{mutex_};
  if (--handing_over_ == 0) handed_over_.notify_all();
}

void LimitedTransport::end(const Report& report, std::vector<Report>& given_back) {
  const auto found = sent_.find(report.ticket);
  if (found == sent_.end()) return;
  const Sent sent = found->second;
  sent_.erase(found);
  if (is_put_off(sent, report.outcome)) {
    const auto gets_the_same = [&](const Outgoing& waiting) {
      return std::hash<std::string>{}(waiting.url) == sent.url_hash && is_put_off(waiting, report.outcome);
    };
    for (const Outgoing& outgoing : admission_.give_back(sent.host, gets_the_same))
      given_back.push_back({outgoing.ticket, never_begun("the receiver asked for time")});
  }
  admission_.leave(sent.host);
}

void LimitedTransport::note_sent(const Outgoing& outgoing) {
  sent_.emplace(outgoing.ticket, Sent{outgoing.host, std::hash<std::string>{}(outgoing.url),
                                      outgoing.throttled_by_429, outgoing.throttled_by_503});
}

/// Adds to `ready` what may start now; what may not start any more goes to `given_back`.
void LimitedTransport::take_ready(std::vector<Outgoing>& ready, std::vector<Report>& given_back) {
  if (admission_.late_after())
    for (const Outgoing& late : admission_.give_back_late(clock_.steady()))
      given_back.push_back({late.ticket, too_late()});
  while (auto outgoing = admission_.next()) {
    note_sent(*outgoing);
    ready.push_back(std::move(*outgoing));
  }
  if (!ready.empty()) ++handing_over_;
}

/// And what another thread hands over at this moment has arrived: it is not sent behind what follows.
void LimitedTransport::give_back_all() {
  std::vector<Report> given_back;
  {
    std::unique_lock lock{mutex_};
    handed_over_.wait(lock, [&] { return handing_over_ == 0; });
    for (const Outgoing& outgoing : admission_.give_back())
      given_back.push_back({outgoing.ticket, never_begun()});
  }
  if (!given_back.empty()) reports_.put(std::move(given_back));
}

}  // namespace dispatch::delivery
