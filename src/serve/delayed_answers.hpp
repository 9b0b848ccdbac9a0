#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <microhttpd.h>

namespace dispatch::serve {

/// Suspends connections and resumes each at its time. Stop it before the daemon, because libmicrohttpd cannot
/// stop while a connection is suspended.
class DelayedAnswers {
 public:
  DelayedAnswers();
  ~DelayedAnswers();
  DelayedAnswers(const DelayedAnswers&) = delete;
  DelayedAnswers& operator=(const DelayedAnswers&) = delete;

  /// Suspends the connection until then. Returns false after stop(): it was not suspended. Call it on the
  /// daemon's thread.
  bool suspend(MHD_Connection* connection, std::chrono::steady_clock::time_point until);

  /// Resumes all, and joins the thread.
  void stop();
  /// True once stop() has begun: connections are then resumed before their time.
  bool stopped();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, MHD_Connection*> suspended_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace dispatch::serve
