#include "delivery/preparing_transport.hpp"

#include "delivery/ended_here.hpp"
#include "delivery/preparation.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>

namespace dispatch::delivery {
namespace {

/// An exception is a bug, or no memory; it must cost one delivery and not the thread.
tl::expected<void, Unprepared> prepare(Preparation& preparation, Outgoing& outgoing) {
  try {
    return preparation.prepare(outgoing);
  } catch (const std::bad_alloc&) {
    return tl::unexpected(Unprepared{OutcomeKind::local_failure, "no memory to make the body"});
  } catch (const std::exception& error) {
    return tl::unexpected(
        Unprepared{OutcomeKind::refused, fmt::format("the body cannot be made: {}", error.what())});
  }
}

std::vector<Report> one(std::uint64_t ticket, Outcome outcome) {
  std::vector<Report> reports;
  reports.push_back({ticket, std::move(outcome)});
  return reports;
}

}  // namespace

Result<std::unique_ptr<PreparingTransport>> PreparingTransport::start(std::size_t threads, Transport& next,
                                                                      Reports& reports, const Clock& clock) {
  std::unique_ptr<PreparingTransport> transport{new PreparingTransport{threads, next, reports, clock}};
  DISPATCH_TRY(transport->start_threads(threads));
  return transport;
}

Result<> PreparingTransport::start_threads(std::size_t threads) {
  try {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  } catch (const std::system_error& error) {
    return fail("cannot start the threads that prepare requests: {}", error.what());
  }
  return {};
}

PreparingTransport::~PreparingTransport() {
  {
    const std::scoped_lock lock{mutex_};
    stop_ = true;
  }
  take_back();
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void PreparingTransport::send(std::vector<Outgoing> batch) {
  const auto first = std::stable_partition(
      batch.begin(), batch.end(), [](const Outgoing& outgoing) { return !Preparation::is_needed(outgoing); });
  if (first != batch.end()) {
    const std::scoped_lock lock{mutex_};
    std::for_each(first, batch.end(), [&](Outgoing& outgoing) { queue_.add(std::move(outgoing)); });
    changed_.notify_all();
  }
  batch.erase(first, batch.end());
  if (!batch.empty()) next_.send(std::move(batch));
}

void PreparingTransport::withdraw() {
  take_back();
  next_.withdraw();
}

void PreparingTransport::abort() {
  take_back();
  next_.abort();
}

std::size_t PreparingTransport::waiting() const {
  std::size_t here = 0;
  {
    const std::scoped_lock lock{mutex_};
    here = queue_.size();
  }
  return here + next_.waiting();
}

void PreparingTransport::take_back() {
  std::vector<Report> reports;
  {
    const std::scoped_lock lock{mutex_};
    ++withdrawals_;
    for (const auto& outgoing : queue_.give_back()) reports.push_back({outgoing.ticket, never_begun()});
  }
  if (!reports.empty()) reports_.put(std::move(reports));
}

void PreparingTransport::run() noexcept {
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, nullptr);
  pthread_setname_np(pthread_self(), "dispatch-prep");

  Preparation preparation;
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [&] { return stop_ || queue_.has_next(); });
    auto taken = queue_.next();
    if (!taken) return;
    Outgoing outgoing = std::move(*taken);
    const std::uint64_t withdrawals = withdrawals_;
    const std::uint64_t ticket = outgoing.ticket;
    const SubscriptionNo subscription = outgoing.subscription->no;

    lock.unlock();
    std::optional<Outcome> unsent;
    if (outgoing.not_after && !outgoing.may_begin(clock_.steady()))
      unsent = too_late();
    else if (auto prepared = prepare(preparation, outgoing); !prepared)
      unsent = not_made(prepared.error().kind, std::move(prepared.error().why));
    lock.lock();
    queue_.leave(subscription);
    changed_.notify_one();  // another of the subscription may have its turn now
    if (withdrawals != withdrawals_) unsent = never_begun();
    if (!unsent) {
      // Under the lock, so that a withdrawal finds it here or there.
      std::vector<Outgoing> batch;
      batch.push_back(std::move(outgoing));
      next_.send(std::move(batch));
      continue;
    }
    lock.unlock();
    reports_.put(one(ticket, std::move(*unsent)));
    lock.lock();
  }
}

}  // namespace dispatch::delivery
