#include "flow/pump/catch_up.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

bool CatchUp::is_wanted() const {
  return limiters_.any([&](const DestinationLimiter& limiter) { return has_room(limiter); });
}

/// There is room for what was passed over.
bool CatchUp::has_room(const DestinationLimiter& limiter) const {
  return limiter.catches_up() && window_.has_room(*limiter.queue) &&
         window_.crowds_no_more(*limiter.queue, limiter.destination);
}

Result<> CatchUp::load() {
  if (limiters_.empty()) return {};
  Limiters ready;
  limiters_.each([&](DestinationLimiter& limiter) {
    if (has_room(limiter)) ready.push_back(&limiter);
  });
  if (ready.empty()) return {};
  // Each turn begins behind the one with which the last turn began, so that none is always served last.
  const auto next = std::find_if(ready.begin(), ready.end(), [&](const DestinationLimiter* limiter) {
    return began_with_ < limiter->destination;
  });
  std::rotate(ready.begin(), next == ready.end() ? ready.begin() : next, ready.end());
  began_with_ = ready.front()->destination;
  const std::size_t rows = std::max<std::size_t>(1, window_.limits().rows_per_turn / 2);
  Rounds rounds_of_retries{rows};
  auto loaded = load_retries(ready, rounds_of_retries);
  Rounds rounds{rounds_of_retries.rows_left()};
  if (loaded) loaded = load_pending(std::move(ready), rounds);
  loader_.catch_up(nullptr);
  return loaded;
}

Result<> CatchUp::load_retries(Limiters limiters, Rounds& rounds) {
  while (rounds.next()) {
    Limiters reading, rest;
    const std::size_t share = rounds.share(limiters.size());
    std::vector<journal::DueScan> scans;
    for (DestinationLimiter* limiter : limiters) {
      if (!limiter->retries_behind) continue;
      const std::size_t limit = rounds.claim(share);
      if (limit == 0) {
        rest.push_back(limiter);
        continue;
      }
      scans.push_back({limiter->queue->row.no, *limiter->retries_behind, limiter->queue->due_seen, limit});
      reading.push_back(limiter);
    }
    if (scans.empty()) return {};
    DISPATCH_ASSIGN(auto not_at_end, load_retries(reading, scans, rounds));
    // Those that got nothing come before those that got something.
    limiters = std::move(rest);
    limiters.insert(limiters.end(), not_at_end.begin(), not_at_end.end());
  }
  return {};
}

/// Returns those for which there is more to read, and room.
Result<CatchUp::Limiters> CatchUp::load_retries(const Limiters& limiters,
                                                const std::vector<journal::DueScan>& scans, Rounds& rounds) {
  DISPATCH_ASSIGN(const auto rows, journal_.due_in_queues(scans));
  CandidateBatch candidates;
  for (std::size_t i = 0; i < limiters.size(); ++i) {
    candidates.begin_question();
    for (const DeliveryRow& row : rows[i])
      if (row.destination == limiters[i]->destination) candidates.add(*limiters[i]->queue, row);
    limiters[i]->retries_behind.reset();
  }
  DISPATCH_TRY(predecessors_.read_for_retries(candidates.all()));
  Limiters not_at_end;
  for (std::size_t i = 0; i < limiters.size(); ++i) {
    DestinationLimiter& limiter = *limiters[i];
    const std::size_t count = rows[i].size();
    rounds.count(count);
    loader_.catch_up(&limiter);
    for (const Candidate& candidate : candidates.of(i)) {
      if (loader_.load_retry(candidate) != LaneLoader::Loaded::done)
        loader_.leave_behind(limiter, *candidate.row);
      if (limiter.retries_behind) break;
    }
    if (limiter.retries_behind || count < scans[i].limit) continue;
    limiter.retries_behind = DuePlace::of(rows[i].back());
    not_at_end.push_back(&limiter);
  }
  return not_at_end;
}

Result<> CatchUp::load_pending(Limiters limiters, Rounds& rounds) {
  while (rounds.next()) {
    Limiters reading, rest;
    const std::size_t share = rounds.share(limiters.size());
    std::vector<journal::QueueScan> scans;
    for (DestinationLimiter* limiter : limiters) {
      if (!limiter->behind) continue;
      const std::size_t limit = rounds.claim(share);
      if (limit == 0) {
        rest.push_back(limiter);
        continue;
      }
      scans.push_back({limiter->queue->row.no, *limiter->behind, limit});
      reading.push_back(limiter);
    }
    if (scans.empty()) return {};
    DISPATCH_ASSIGN(auto not_at_end, load_pending(reading, scans, rounds));
    // Those that got nothing come before those that got something.
    limiters = std::move(rest);
    limiters.insert(limiters.end(), not_at_end.begin(), not_at_end.end());
  }
  return {};
}

/// Returns those for which there is more to read, and room.
Result<CatchUp::Limiters> CatchUp::load_pending(const Limiters& limiters,
                                                const std::vector<journal::QueueScan>& scans,
                                                Rounds& rounds) {
  DISPATCH_ASSIGN(const auto rows, journal_.scan_queues(scans));
  CandidateBatch candidates;
  for (std::size_t i = 0; i < limiters.size(); ++i) {
    candidates.begin_question();
    for (const DeliveryRow& row : rows[i]) {
      if (row.key.position > limiters[i]->queue->cursor) break;  // it is still to be read
      if (row.destination == limiters[i]->destination && row.state == DeliveryState::pending)
        candidates.add(*limiters[i]->queue, row);
    }
    limiters[i]->behind.reset();
  }
  DISPATCH_TRY(predecessors_.read_for_pending(candidates.all()));
  Limiters not_at_end;
  for (std::size_t i = 0; i < limiters.size(); ++i) {
    DestinationLimiter& limiter = *limiters[i];
    const auto& read = rows[i];
    rounds.count(read.size());
    loader_.catch_up(&limiter);
    for (const Candidate& candidate : candidates.of(i)) {
      if (!window_.has_room(*limiter.queue) ||
          loader_.load_pending(candidate, Found::read) != LaneLoader::Loaded::done)
        loader_.leave_behind(limiter, *candidate.row);
      if (limiter.behind) break;
    }
    if (limiter.behind || read.size() < scans[i].limit) continue;
    if (read.back().key.position > limiter.queue->cursor) continue;
    limiter.behind = read.back().key.position;
    not_at_end.push_back(&limiter);
  }
  return not_at_end;
}

}  // namespace dispatch::flow
