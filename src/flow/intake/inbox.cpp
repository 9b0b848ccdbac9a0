#include "flow/intake/inbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::flow {

void Inbox::put(std::vector<delivery::Report> reports) {
  bool wanted = false;
  {
    const std::scoped_lock lock{mutex_};
    if (reports_.empty())
      reports_ = std::move(reports);
    else
      std::move(reports.begin(), reports.end(), std::back_inserter(reports_));
    wanted = reports_.size() >= reports_wanted_;
  }
  if (wanted) news_.notify_one();
}

bool Inbox::offer(Incoming incoming) {
  {
    std::unique_lock lock{mutex_};
    room_.wait(lock, [&] { return incoming_.size() < incoming_most_ || closed_ || stop_ != Stop::none; });
    if (closed_ || stop_ != Stop::none) return false;
    incoming_.push_back(std::move(incoming));
  }
  news_.notify_one();
  return true;
}

void Inbox::close_input() {
  std::deque<Incoming> dropped;  // destroyed after the lock is released: its receipts call their owners
  {
    const std::scoped_lock lock{mutex_};
    closed_ = true;
    dropped.swap(incoming_);
  }
  room_.notify_all();
}

void Inbox::end_input(std::optional<Error> error) {
  {
    const std::scoped_lock lock{mutex_};
    input_ended_ = true;
    if (error) input_error_ = std::move(error);
  }
  news_.notify_one();
}

void Inbox::stop(Stop how) {
  {
    const std::scoped_lock lock{mutex_};
    stop_ = std::max(stop_, how);
  }
  news_.notify_one();
  room_.notify_all();
}

void Inbox::wake() {
  {
    const std::scoped_lock lock{mutex_};
    woken_ = true;
  }
  news_.notify_one();
}

bool Inbox::has_mail(std::size_t batches) const {
  const std::scoped_lock lock{mutex_};
  return !reports_.empty() || (batches > 0 && !incoming_.empty());
}

Stop Inbox::stopping() const {
  const std::scoped_lock lock{mutex_};
  return stop_;
}

bool Inbox::anything_new(std::size_t batches) const {
  return !reports_.empty() || anything_but_reports(batches);
}

bool Inbox::anything_but_reports(std::size_t batches) const {
  return (batches > 0 && (!incoming_.empty() || (input_ended_ && !end_told_))) || stop_ != stop_told_ ||
         woken_;
}

void Inbox::gather(std::unique_lock<std::mutex>& lock, std::optional<SteadyTime> until, std::size_t batches,
                   const Gathering::Wait& gathering) {
  if (gathering.longest.count() <= 0) return;
  const SteadyTime longest = std::chrono::steady_clock::now() + gathering.longest;
  reports_wanted_ = gathering.outcomes;
  news_.wait_until(lock, until ? std::min(longest, *until) : longest,
                   [&] { return reports_.size() >= reports_wanted_ || anything_but_reports(batches); });
  reports_wanted_ = 1;
}

Mail Inbox::take(std::optional<SteadyTime> until, std::size_t batches, const Gathering::Wait& gathering) {
  std::unique_lock lock{mutex_};
  const auto ready = [&] { return anything_new(batches); };
  if (until)
    news_.wait_until(lock, *until, ready);
  else
    news_.wait(lock, ready);
  if (!reports_.empty()) gather(lock, until, batches, gathering);

  Mail mail;
  mail.woken = std::exchange(woken_, false);
  mail.reports.swap(reports_);
  for (std::size_t i = 0; i < batches && !incoming_.empty(); ++i) {
    mail.incoming.push_back(std::move(incoming_.front()));
    incoming_.pop_front();
  }
  if (input_ended_ && incoming_.empty() && batches > 0) {
    mail.input_ended = end_told_ = true;
    mail.input_error = std::exchange(input_error_, std::nullopt);
  }
  mail.stop = stop_told_ = stop_;
  lock.unlock();
  if (!mail.incoming.empty()) room_.notify_all();
  return mail;
}

}  // namespace dispatch::flow
