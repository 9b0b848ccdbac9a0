#include "serve/delayed_answers.hpp"

namespace dispatch::serve {

DelayedAnswers::DelayedAnswers() : thread_([this] { run(); }) {}

DelayedAnswers::~DelayedAnswers() {
  stop();
}

bool DelayedAnswers::suspend(MHD_Connection* connection, std::chrono::steady_clock::time_point until) {
  const std::scoped_lock lock{mutex_};  // held over both, or stop() could pass between them
  if (stopped_) return false;
  MHD_suspend_connection(connection);
  suspended_.emplace(until, connection);
  changed_.notify_one();
  return true;
}

void DelayedAnswers::stop() {
  {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    for (const auto& [until, connection] : suspended_) MHD_resume_connection(connection);
    suspended_.clear();
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

bool DelayedAnswers::stopped() {
  const std::scoped_lock lock{mutex_};
  return stopped_;
}

void DelayedAnswers::run() {
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (suspended_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = suspended_.begin()->first;
    if (std::chrono::steady_clock::now() < next) {
      changed_.wait_until(lock, next);
      continue;
    }
    MHD_resume_connection(suspended_.begin()->second);
    suspended_.erase(suspended_.begin());
  }
}

}  // namespace dispatch::serve
