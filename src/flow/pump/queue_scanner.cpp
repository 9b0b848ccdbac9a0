#include "flow/pump/queue_scanner.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

bool QueueScanner::is_wanted() const {
  const auto& listed = queues_.listed();
  return std::any_of(listed.begin(), listed.end(),
                     [&](const QueueState* queue) { return window_.has_room(*queue); });
}

Result<> QueueScanner::load() {
  const Queues listed = queues_.take_listed();
  if (listed.empty()) return {};
  std::vector<Position> before;
  for (const QueueState* queue : listed) before.push_back(queue->cursor);
  DISPATCH_TRY(find_crowded(listed));
  Rounds rounds{window_.limits().rows_per_turn};
  std::size_t least = 16;  // more when all of them were passed over
  while (rounds.next()) {
    DISPATCH_ASSIGN(const auto any, read_round(listed, least, rounds));
    if (!any) break;
    least *= 4;
  }
  for (const bool served : {false, true})
    for (std::size_t i = 0; i < listed.size(); ++i)
      if ((listed[i]->cursor != before[i]) == served) queues_.list(*listed[i]);
  return {};
}

Result<> QueueScanner::find_crowded(const Queues& queues) {
  Queues slow;
  for (QueueState* queue : queues) {
    queue->crowded = false;
    if (queue->is_direct() && window_.has_slow(*queue)) slow.push_back(queue);
  }
  return queues_.find_crowded(slow);
}

/// Reads a part of each: of those that are not crowded no more than twice what the window has room for. False
/// where nothing was to be read.
Result<bool> QueueScanner::read_round(const Queues& queues, std::size_t least, Rounds& rounds) {
  std::vector<Part> reading;
  std::size_t useful = 2 * window_.room();
  for (QueueState* queue : queues) {
    if (!queue->more || !(window_.has_room(*queue) || queue->crowded)) continue;
    const std::size_t most = window_.limits().lanes_per_queue;
    const std::size_t room = queue->lanes < most ? 2 * (most - queue->lanes) : 0;
    std::size_t wanted =
        std::clamp<std::size_t>(std::max(least, room), 16, std::max(least, Rounds::rows_of_one));
    if (!queue->crowded) {
      if (useful == 0) continue;
      wanted = std::min(wanted, std::max<std::size_t>(useful, 16));
      useful -= std::min(useful, wanted);
    }
    const std::size_t limit = rounds.claim(wanted);
    if (limit == 0) break;
    reading.push_back({queue, limit});
  }
  if (reading.empty()) return false;
  DISPATCH_TRY(read(reading));
  CandidateBatch candidates;
  for (const Part& part : reading) {
    candidates.begin_question();
    for (const auto& row : part.rows) candidates.add(*part.queue, row);
    rounds.count(part.rows.size());
  }
  DISPATCH_TRY(predecessors_.read_for_pending(candidates.all()));
  for (std::size_t i = 0; i < reading.size(); ++i) {
    load(reading[i], candidates.of(i));
    queues_.kept().read_up_to(reading[i].queue->row.no, reading[i].queue->cursor);
  }
  return true;
}

/// From what was kept, else from the journal.
Result<> QueueScanner::read(std::vector<Part>& parts) {
  std::vector<journal::QueueScan> scans;
  for (Part& part : parts) {
    const QueueNo no = part.queue->row.no;
    if (!queues_.kept().has(no)) {
      scans.push_back({no, part.queue->cursor, part.limit});
      continue;
    }
    auto next = queues_.kept().next(no, part.limit);
    part.how = Found::kept;
    part.rows = std::move(next.rows);
    part.at_end = next.at_end;
  }
  if (scans.empty()) return {};
  DISPATCH_ASSIGN(auto rows, journal_.scan_queues(scans));
  std::size_t scan = 0;
  for (Part& part : parts) {
    if (part.how == Found::kept) continue;
    part.rows = std::move(rows[scan++]);
    part.at_end = part.rows.size() < part.limit;
  }
  return {};
}

void QueueScanner::load(const Part& part, std::span<const Candidate> candidates) {
  QueueState& queue = *part.queue;
  for (const Candidate& candidate : candidates) {
    const auto& row = *candidate.row;
    const bool crowds = queue.crowded && window_.crowds(queue, row.destination);
    queue.cursor = row.key.position;
    bool goes_on = crowds || window_.has_room(queue);
    if (goes_on && row.state == DeliveryState::pending)
      goes_on = loader_.load_pending(candidate, part.how) == LaneLoader::Loaded::done;
    if (goes_on) continue;
    queue.cursor = before(row.key.position);
    return;
  }
  if (part.at_end) queue.more = false;
}

}  // namespace dispatch::flow
