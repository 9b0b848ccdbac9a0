#include "flow/pump/retry_loader.hpp"

#include "flow/pump/rounds.hpp"

#include <utility>
#include <vector>

namespace dispatch::flow {

using journal::DuePlace;

Result<> RetryLoader::load_due(WallTime now) {
  std::vector<QueueState*> queues;
  for (const auto& [due, no] : queues_.due()) {
    if (due > now) break;
    if (QueueState& queue = queues_.at(no); window_.has_room(queue)) queues.push_back(&queue);
  }
  for (Rounds rounds{window_.limits().rows_per_turn}; !queues.empty() && rounds.next();) {
    std::vector<journal::DueScan> scans;
    const std::size_t share = rounds.share(queues.size());
    for (const QueueState* queue : queues) {
      const std::size_t limit = rounds.claim(share);
      if (limit == 0) break;
      scans.push_back({queue->row.no, queue->due_seen, DuePlace::after(now), limit});
    }
    DISPATCH_ASSIGN(const auto rows, journal_.due_in_queues(scans));
    CandidateBatch candidates;
    for (std::size_t i = 0; i < scans.size(); ++i) {
      candidates.begin_question();
      for (const auto& row : rows[i]) candidates.add(*queues[i], row);
    }
    DISPATCH_TRY(predecessors_.read_for_retries(candidates.all()));
    std::vector<QueueState*> go_on, ended;
    for (std::size_t i = 0; i < scans.size(); ++i) {
      QueueState& queue = *queues[i];
      const std::size_t count = rows[i].size();
      rounds.count(count);
      if (!load(queue, candidates.of(i))) continue;
      if (count < scans[i].limit) {
        queue.due_seen = DuePlace::after(now);
        ended.push_back(&queue);
      } else {
        queues_.looked_until(queue, DuePlace::of(rows[i].back()), now);
        go_on.push_back(&queue);
      }
    }
    DISPATCH_TRY(queues_.reread_due(ended));
    // Those that got nothing come before those that got something.
    queues.erase(queues.begin(), queues.begin() + static_cast<std::ptrdiff_t>(scans.size()));
    queues.insert(queues.end(), go_on.begin(), go_on.end());
  }
  return {};
}

/// False where there was no room for all of them: the others are looked at again.
bool RetryLoader::load(QueueState& queue, std::span<const Candidate> candidates) {
  for (const Candidate& candidate : candidates) {
    if (loader_.load_retry(candidate) == LaneLoader::Loaded::done) continue;
    queues_.look_from(queue, DuePlace::before(*candidate.row));
    return false;
  }
  return true;
}

}  // namespace dispatch::flow
