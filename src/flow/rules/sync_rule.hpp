#pragma once

#include <chrono>
#include <cstddef>

namespace dispatch::flow {

/// When the dispatcher waits until a commit is durable.
enum class CommitWait {
  as_suits,  ///< SyncRule decides
  always,    ///< before it does anything else
  never,     ///< it goes on with the next turn; for tests
};

/// Decides for each commit whether the dispatcher waits until it is durable, or goes on with its next turn
/// meanwhile. Going on costs two changes of threads, some 50 us: where nothing else can be done, or a sync
/// takes hardly longer, waiting is better. Pure.
class SyncRule {
 public:
  explicit SyncRule(CommitWait wait = CommitWait::as_suits) : wait_(wait) {}

  struct Load {
    bool work_waits = false;    ///< outcomes or events wait for the next turn
    std::size_t under_way = 0;  ///< number of requests that are sent and not settled
  };
  /// True: the dispatcher goes on.
  bool goes_on(const Load& load) const {
    if (wait_ != CommitWait::as_suits) return wait_ == CommitWait::never;
    if (load.work_waits) return true;
    return load.under_way > 0 && took_ > worth_it;
  }

  /// Notes how long a commit took to become durable.
  void note(std::chrono::nanoseconds took) { took_ = (3 * took_ + took) / 4; }

 private:
  static constexpr std::chrono::microseconds worth_it{500};

  CommitWait wait_;
  std::chrono::nanoseconds took_{0};  ///< a moving average
};

}  // namespace dispatch::flow
