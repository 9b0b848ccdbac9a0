#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <microhttpd.h>

namespace dispatch::serve {

/// Suspends connections and resumes each when its time has come. Must have stopped before the daemon of the
/// connections does, because libmicrohttpd cannot stop with a suspended one.
class DelayedAnswers {
 public:
  DelayedAnswers();
  ~DelayedAnswers();
  DelayedAnswers(const DelayedAnswers&) = delete;
  DelayedAnswers& operator=(const DelayedAnswers&) = delete;

  /// Suspends the connection until then. False after stop(): it was not suspended. From the daemon's thread.
  bool suspend(MHD_Connection* connection, std::chrono::steady_clock::time_point until);

  /// Resumes all, and joins the thread.
  void stop();
  /// True once stop() has begun: what is resumed now is resumed before its time.
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
