#include "journal/sqlite/verify/audit.hpp"
#include "journal/sqlite/verify/lane_audit.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

// When fan-outs made deliveries in the turns in which the deliveries themselves did not say so yet.
class OldFanOuts {
 public:
  explicit OldFanOuts(SQLite::Database& database) {
    Statement statement{database,
                        "SELECT queue_no, position, turn FROM actions"
                        " WHERE verb = 9 AND turn <= (SELECT fan_outs_turn FROM progress)"};
    auto rows = statement.rows();
    while (rows.next()) made_[rows.integer(0)].push_back({rows.integer(1), rows.integer(2)});
  }

  /// The last turn up to `latest` in which the delivery may have been made so; 0 where there is none.
  std::int64_t last_until(std::int64_t latest, const DeliveryKey& key) const {
    std::int64_t last = 0;
    const auto queue = made_.find(key.queue.value());
    if (queue == made_.end() || key.generation != 0) return last;
    for (const auto& [lowest, turn] : queue->second)
      if (lowest <= key.position.value() && turn <= latest) last = std::max(last, turn);
    return last;
  }

 private:
  struct Made {
    std::int64_t lowest, turn;
  };
  std::unordered_map<std::int64_t, std::vector<Made>> made_;  // by delivery queue
};

// The deliveries that an operator or a closed gap set in motion and no dispatcher has taken up.
class Woken {
 public:
  explicit Woken(SQLite::Database& database) {
    Statement statement{database,
                        "SELECT position FROM actions JOIN delivery_queues USING (queue_no)"
                        " WHERE action_no > (SELECT last_wakeup FROM progress) AND action_no > last_wakeup"
                        "   AND position IS NOT NULL AND quiet = 0"};
    auto rows = statement.rows();
    while (rows.next()) positions_.push_back(rows.integer(0));
    std::sort(positions_.begin(), positions_.end());

    Statement from_here{database,
                        "SELECT queue_no, min(position) FROM actions JOIN delivery_queues USING (queue_no)"
                        " WHERE action_no > (SELECT last_wakeup FROM progress) AND action_no > last_wakeup"
                        "   AND verb IN (9, 10) GROUP BY queue_no"};
    auto queues = from_here.rows();
    while (queues.next()) from_here_[queues.integer(0)] = queues.integer(1);
  }

  bool holds(const DeliveryKey& key) const {
    if (std::binary_search(positions_.begin(), positions_.end(), key.position.value())) return true;
    const auto queue = from_here_.find(key.queue.value());
    return queue != from_here_.end() && queue->second <= key.position.value();
  }

 private:
  std::vector<std::int64_t> positions_;  // the delivery queue and the generation are left out to save memory
  std::unordered_map<std::int64_t, std::int64_t> from_here_;  // by delivery queue, the lowest position
};

class LaneWalk {
 public:
  explicit LaneWalk(Audit& audit)
      : audit_(audit),
        woken_(audit.database()),
        old_fan_outs_(audit.database()),
        deliveries_(audit.database(), R"(
          SELECT entity_no, iif(subscription_no > 0, -subscription_no, destination_no) AS queue, generation, sequence_number,
                 queue_no, position, state, attempts, began_turn, ended_turn, discarded_turn, destination_no, made_turn
            FROM all_deliveries d
            LEFT JOIN (SELECT queue_no AS queue, position AS place, generation AS replay, max(turn) AS discarded_turn
                         FROM actions WHERE verb IN (1, 12) GROUP BY 1, 2, 3)
              ON d.state = 5 AND queue = d.queue_no AND place = d.position AND replay = d.generation
           ORDER BY entity_no, queue, generation, sequence_number)"),
        first_attempt_(
            audit.database(),
            "SELECT began_turn FROM attempts WHERE queue_no = ? AND position = ? AND generation = ? "
            "AND attempt = 1"),
        lowest_gap_(audit.database(),
                    "SELECT min(first_missing) FROM gaps WHERE entity_no = ? AND skipped_at IS NULL"),
        skips_(audit.database(),
               // A run gives up a gap in the turn in which it begins what waited for it; others before that.
               "SELECT entity_no, last_sequence, min(turn - (verb = 15)) FROM actions"
               " WHERE verb IN (2, 15) AND entity_no IS NOT NULL"
               " GROUP BY entity_no, last_sequence ORDER BY entity_no, last_sequence") {
    Statement progress{audit.database(), "SELECT lanes_turn FROM progress"};
    if (auto row = progress.rows(); row.next()) lanes_turn_ = row.integer(0);
    Statement statement{audit.database(), "SELECT queue_no, low_watermark FROM delivery_queues"};
    auto rows = statement.rows();
    while (rows.next()) low_[rows.integer(0)] = rows.integer(1);
  }

  void walk() {
    auto rows = deliveries_.rows();
    auto skips = skips_.rows();
    more_skips_ = skips.next();
    while (rows.next()) {
      const auto delivery = read(rows);
      const bool alone = rows.is_null(0);
      const Lane lane{rows.integer(0), rows.integer(1), rows.integer(2)};
      if (!alone && std::get<0>(lane) != std::get<0>(lane_)) read_skips(std::get<0>(lane), skips);
      if (alone || lane != lane_) open(lane, alone);
      if (const auto wrong = audit_of_lane_.take(delivery)) audit_.found(Check::order, delivery.key, *wrong);
      lane_woken_ = lane_woken_ || woken_.holds(delivery.key);
      if (pending(delivery) && low_watermark(delivery.key) >= delivery.key.position.value())
        passed_over(delivery);
    }
  }

 private:
  using Lane = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // entity, queue, generation

  static bool pending(const LaneDelivery& delivery) {
    return delivery.state == static_cast<std::int64_t>(DeliveryState::pending);
  }

  std::int64_t low_watermark(const DeliveryKey& key) const {
    const auto known = low_.find(key.queue.value());
    return known == low_.end() ? 0 : known->second;
  }

  LaneDelivery read(const Statement::Rows& rows) {
    LaneDelivery delivery;
    delivery.sequence = SequenceNumber{rows.integer(3)};
    delivery.key = {QueueNo{rows.integer(4)}, Position{rows.integer(5)}, rows.integer(2)};
    delivery.destination = rows.integer(11);
    delivery.state = rows.integer(6);
    delivery.begun = rows.integer(7) > 0;
    delivery.first_began_turn = delivery.last_began_turn = rows.integer(8);
    delivery.done_turn = rows.is_null(10) ? rows.integer(9) : rows.integer(10);
    if (rows.integer(7) > 1) {
      auto first = first_attempt_.rows(delivery.key.queue, delivery.key.position, delivery.key.generation);
      if (first.next()) delivery.first_began_turn = first.integer(0);
    }
    delivery.made_turn =
        rows.is_null(12) ? old_fan_outs_.last_until(delivery.begun ? delivery.first_began_turn
                                                                   : std::numeric_limits<std::int64_t>::max(),
                                                    delivery.key)
                         : rows.integer(12);
    return delivery;
  }

  // Both are read in the order of their entities.
  void read_skips(std::int64_t entity, Statement::Rows& rows) {
    skipped_.clear();
    for (; more_skips_ && rows.integer(0) <= entity; more_skips_ = rows.next())
      if (rows.integer(0) == entity) skipped_.push_back({rows.integer(1), rows.integer(2)});
  }

  void open(const Lane& lane, bool alone) {
    lane_ = lane;
    told_ = false;
    lane_woken_ = false;
    std::optional<std::int64_t> gap;
    if (!alone) {
      auto rows = lowest_gap_.rows(std::get<0>(lane));
      if (rows.next() && !rows.is_null(0)) gap = rows.integer(0);
    }
    audit_of_lane_ = LaneAudit{gap, alone ? std::span<const SkippedGap>{} : skipped_, lanes_turn_};
  }

  // A pending delivery where the next run will not look. It comes back when what its lane waits for is over.
  void passed_over(const LaneDelivery& delivery) {
    const auto& head = *audit_of_lane_.head();
    const bool comes_back =
        audit_of_lane_.head_waits() || low_watermark(head.key) < head.key.position.value() || lane_woken_;
    if (comes_back || std::exchange(told_, true)) return;
    audit_.found(
        Check::resumption, delivery.key,
        fmt::format("it is pending at position {}, a run begins to look above {}, and nothing will bring it "
                    "back",
                    delivery.key.position.value(), low_watermark(delivery.key)));
  }

  Audit& audit_;
  Woken woken_;
  OldFanOuts old_fan_outs_;
  Statement deliveries_;
  Statement first_attempt_;
  Statement lowest_gap_;
  Statement skips_;
  std::unordered_map<std::int64_t, std::int64_t> low_;  // by delivery queue
  std::int64_t lanes_turn_ = 0;  // until then a lane of a subscription was one of a destination
  Lane lane_{-1, -1, -1};
  std::vector<SkippedGap> skipped_;  // of the lane's entity
  bool more_skips_ = false;          // a row of skips_ stands there
  LaneAudit audit_of_lane_{std::nullopt, {}};
  bool lane_woken_ = false;  // a delivery at or below the head was: that wakes the head
  bool told_ = false;        // a stuck lane is one finding
};

}  // namespace

void check_lanes(Audit& audit) {
  LaneWalk{audit}.walk();
}

}  // namespace dispatch::journal::audit
