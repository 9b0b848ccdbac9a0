#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ids.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/pump/kept_arrivals.hpp"
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

/// The delivery queues that a run knows: which of them to read, when their retries are due, and where a
/// restart must read. If there are many, idle ones are dropped, so that memory follows the work under way and
/// not the number of hosts. Used by the dispatcher's thread, inside its turn.
class DeliveryQueues {
 public:
  using Due = std::set<std::pair<WallTime, QueueNo>>;

  /// `kept_most`: maximum number of new deliveries that are kept because the window has no room for them.
  DeliveryQueues(journal::Journal& journal, Scheduler& scheduler, const PolicySet& policies,
                 std::size_t kept_most)
      : journal_(journal), scheduler_(scheduler), policies_(policies), kept_(kept_most) {}

  /// Loads delivery queues that are new in the journal.
  Result<> load();
  /// Loads those of `numbers` that are not known. The journal must have them.
  Result<> know(const std::set<QueueNo>& numbers);
  /// `no` must be known.
  QueueState& at(QueueNo no) { return *queues_.at(no); }
  const QueueState& at(QueueNo no) const { return *queues_.at(no); }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [no, queue] : queues_) visit(*queue);
  }

  /// Drops delivery queues that are idle, and whose stored low watermark is up to date, if more than `kept`
  /// are known. Keeps those in `held`.
  void forget_done(std::size_t kept, const std::set<const QueueState*>& held);

  /// The hosts, by name.
  const std::map<std::string, HostState>& hosts() const { return hosts_; }

  // --- Policies
  struct Turned {
    bool paused = false, resumed = false;
    bool moved = false;  ///< it goes to another URL
  };
  /// Applies the queue's current policy; returns what has changed.
  Turned change_policy(QueueState& queue);
  /// Reads where the delivery queues go now.
  Result<> move(const std::vector<QueueState*>& queues);
  /// Stops reading the delivery queue, and drops its due times.
  void pause(QueueState& queue);
  /// Reads the delivery queues again above their cursors, and their due times.
  Result<> resume(const std::vector<QueueState*>& queues);

  // --- To be read
  /// Lists the delivery queue for reading if it is not paused and may have more.
  void list(QueueState& queue);
  /// Lists the delivery queue, which may have deliveries anywhere above `position`, or above its cursor.
  void read_again(QueueState& queue, std::optional<Position> position = std::nullopt);
  /// Lists a delivery queue that was read up to its cursor, and keeps `row`, the first delivery above it.
  void read_later(QueueState& queue, const journal::DeliveryRow& row);
  KeptArrivals& kept() { return kept_; }
  std::vector<QueueState*> take_listed();
  const std::vector<QueueState*>& listed() const { return listed_; }

  /// Marks those of the queues that have several destinations as crowded. Their hosts have slow destinations.
  Result<> find_crowded(const std::vector<QueueState*>& queues);

  // --- Retries
  /// A retry behind that place, due at `place.at`, has not been read yet.
  void due_by(QueueState& queue, const journal::DuePlace& place);
  /// Retries behind that place must be read again; the next is due at `place.at`.
  void look_from(QueueState& queue, const journal::DuePlace& place);
  /// Retries up to that place were read; the next is due at `next`.
  void looked_until(QueueState& queue, const journal::DuePlace& until, std::optional<WallTime> next);
  /// Reads the next due time of each queue again, because an operator may have changed unread retries.
  Result<> reread_due(const std::vector<QueueState*>& queues);
  /// Call it when the wall clock was set, and the due times in the journal with it: all retries are read
  /// again.
  Result<> clock_set();
  /// The due time of the first unread retry, for each delivery queue that has one and is not paused.
  const Due& due() const { return due_; }

  // --- Where a restart reads from
  /// Makes sure that after a crash a restart reads everything above `mark`: lowers the stored low watermark
  /// if needed.
  void keep_in_reach(QueueState& queue, Position mark);
  /// Returns the delivery queues whose stored low watermark must be lowered in this turn.
  std::vector<QueueState*> take_sunken() { return std::exchange(sunken_, {}); }

 private:
  journal::Journal& journal_;
  Scheduler& scheduler_;
  const PolicySet& policies_;

  Result<> take_in(std::vector<journal::DeliveryQueue> rows);
  HostState& host_named(const std::string& name);
  void leave_host(QueueState& queue);
  void count_rate(QueueState& queue);
  void count_rate_at(QueueState& queue, HostState* counts);
  void set_due(QueueState& queue, std::optional<WallTime> due);

  std::map<QueueNo, std::unique_ptr<QueueState>> queues_;
  QueueNo newest_{};  ///< highest number ever loaded
  std::map<std::string, HostState> hosts_;
  std::uint32_t hosts_ever_ = 0;
  std::vector<QueueState*> listed_;
  Due due_;
  std::vector<QueueState*> sunken_;
  KeptArrivals kept_;
};

}  // namespace dispatch::flow
