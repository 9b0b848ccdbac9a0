#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ids.hpp"
#include "flow/limits/graph.hpp"
#include "flow/pump/window.hpp"
#include "flow/rules/delivery_policy.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// The delivery queues that a run knows: which of them are to be read, when their retries are due, and from
/// where a restart must read. Of many, those with nothing to do are forgotten, so that memory follows what is
/// under way and not the hosts there are. Used by the dispatcher's thread, inside its turn.
class DeliveryQueues {
 public:
  using Due = std::set<std::pair<WallTime, QueueNo>>;

  DeliveryQueues(journal::Journal& journal, Graph& graph, const WindowLimits& limits,
                 const PolicySet& policies)
      : journal_(journal), graph_(graph), limits_(limits), policies_(policies) {}

  /// Those that are new in the journal.
  Result<> load();
  /// The journal is asked for those that are not known. It must have them.
  Result<> know(const std::set<QueueNo>& numbers);
  /// It must be known.
  QueueState& at(QueueNo no) { return *queues_.at(no); }
  const QueueState& at(QueueNo no) const { return *queues_.at(no); }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [no, queue] : queues_) visit(*queue);
  }

  /// Forgets delivery queues that have nothing to do and whose stored mark says so, where more than `kept`
  /// are known. What holds one in `held` keeps it.
  void forget_done(std::size_t kept, const std::set<const QueueState*>& held);

  /// By name.
  const std::map<std::string, HostState>& hosts() const { return hosts_; }

  // --- Policies
  struct Turned {
    bool paused = false, resumed = false;
    bool moved = false;  ///< it goes to another URL
  };
  /// Those that hold from now on, and what they turn.
  Turned change_policy(QueueState& queue);
  /// Reads where they go by now.
  Result<> move(const std::vector<QueueState*>& queues);
  /// Nothing of it is to be read, and no retry comes.
  void pause(QueueState& queue);
  /// All of them above their cursors is to be read, and their retries come.
  Result<> resume(const std::vector<QueueState*>& queues);

  // --- To be read
  /// Lists the delivery queue where it is open and may have more.
  void list(QueueState& queue);
  /// There may be more in it, anywhere above `position`, or above its cursor.
  void read_again(QueueState& queue, std::optional<Position> position = std::nullopt);
  std::vector<QueueState*> take_listed();
  const std::vector<QueueState*>& listed() const { return listed_; }

  /// The hosts of these have slow destinations: those with several destinations are crowded.
  Result<> find_crowded(const std::vector<QueueState*>& queues);

  // --- Retries
  /// One behind that place is due at `place.at`, and was not looked at.
  void due_by(QueueState& queue, const journal::DuePlace& place);
  /// Those behind that place must be looked at again; the next one is due at `place.at`.
  void look_from(QueueState& queue, const journal::DuePlace& place);
  /// All up to that place were looked at; the next one is due at `next`.
  void looked_until(QueueState& queue, const journal::DuePlace& until, std::optional<WallTime> next);
  /// An operator may have changed those that were not looked at: the next one of each is asked for anew.
  Result<> reread_due(const std::vector<QueueState*>& queues);
  /// The wall clock was set, and all due times in the journal with it: all retries are to be looked at again.
  Result<> clock_set();
  /// When the first that was not looked at is due, of each delivery queue that has one and is open.
  const Due& due() const { return due_; }

  // --- Where a restart reads from
  /// A crash must not leave what lies above `mark` below the stored mark.
  void keep_in_reach(QueueState& queue, Position mark);
  /// Delivery queues whose stored mark must be lowered with this turn.
  std::vector<QueueState*> take_sunken() { return std::exchange(sunken_, {}); }

 private:
  journal::Journal& journal_;
  Graph& graph_;
  const WindowLimits limits_;
  const PolicySet& policies_;

  Result<> take_in(std::vector<journal::DeliveryQueue> rows);
  HostState& host_named(const std::string& name);
  void leave_host(QueueState& queue);
  void count_rate(QueueState& queue);
  void count_rate_at(QueueState& queue, HostState* counts);
  void set_due(QueueState& queue, std::optional<WallTime> due);

  std::map<QueueNo, std::unique_ptr<QueueState>> queues_;
  QueueNo newest_{};  ///< of those that were ever known
  std::map<std::string, HostState> hosts_;
  std::uint32_t hosts_ever_ = 0;
  std::vector<QueueState*> listed_;
  Due due_;
  std::vector<QueueState*> sunken_;
};

}  // namespace dispatch::flow
