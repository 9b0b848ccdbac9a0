#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/verify/audit.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

// One stream: its events and its recorded gaps, both by number, must take turns without a hole and without
// overlap.
class StreamWalk {
 public:
  explicit StreamWalk(Audit& audit)
      : audit_(audit),
        numbers_(
            audit.database(),
            "SELECT sequence_number, position FROM events INDEXED BY events_by_stream WHERE entity_no = ? "
            "ORDER BY sequence_number"),
        gaps_(audit.database(),
              "SELECT first_missing, last_missing, skipped_by <> 1 FROM gaps WHERE entity_no = ?"
              " ORDER BY first_missing") {}

  void walk(std::int64_t entity_no, std::string_view entity_id, std::int64_t first_sequence,
            bool disordered) {
    entity_id_ = entity_id;
    expected_ = first_sequence;
    last_.reset();
    auto gaps = gaps_.rows(entity_no);
    early_ = false;
    next_gap(gaps);
    std::int64_t position = 0;
    auto numbers = numbers_.rows(entity_no);
    while (numbers.next()) {
      const auto number = numbers.integer(0);
      take_gaps_before(gaps, number);
      take(number, first_sequence);
      early_ = early_ || numbers.integer(1) < position;
      position = numbers.integer(1);
    }
    for (; gap_; next_gap(gaps)) stray("reaches to where nothing has arrived yet");
    if (early_ != disordered) {
      audit_.found(Check::stream, fmt::format("entity {}: its events came {}, but it is marked otherwise",
                                              entity_id_, early_ ? "out of their order" : "in their order"));
    }
  }

 private:
  struct Gap {
    std::int64_t first, last;
  };

  void next_gap(Statement::Rows& gaps) {
    gap_.reset();
    if (!gaps.next()) return;
    gap_ = Gap{gaps.integer(0), gaps.integer(1)};
    // What comes after a gap came too early, whatever became of the gap, unless nobody waited for it.
    early_ = early_ || gaps.integer(2) != 0;
  }

  void stray(std::string_view why) {
    audit_.found(Check::gaps, fmt::format("entity {}: the gap recorded from {} to {} {}", entity_id_,
                                          gap_->first, gap_->last, why));
  }

  void take_gaps_before(Statement::Rows& gaps, std::int64_t number) {
    while (gap_ && gap_->first <= number) {
      if (gap_->last < gap_->first) {
        stray("ends before it begins");
      } else if (gap_->first < expected_) {
        stray(fmt::format("holds {}, which is accounted for already", gap_->first));
      } else {
        if (gap_->first > expected_) hole(expected_, gap_->first - 1);
        expected_ = std::min(gap_->last + 1, number);
        if (gap_->last >= number) {
          stray(fmt::format("holds {}, which has arrived", number));
          gap_->first = number + 1;  // what is left of it still accounts for the numbers above
          if (gap_->first <= gap_->last) return;
        }
      }
      next_gap(gaps);
    }
  }

  void take(std::int64_t number, std::int64_t first_sequence) {
    if (number < first_sequence) {
      audit_.found(Check::stream, fmt::format("entity {}: it has an event {} and its stream starts at {}",
                                              entity_id_, number, first_sequence));
      return;
    }
    if (number == last_) {
      audit_.found(Check::stream, fmt::format("entity {}: two events have number {}", entity_id_, number));
      return;
    }
    if (number > expected_) hole(expected_, number - 1);
    expected_ = std::max(expected_, number + 1);
    last_ = number;
  }

  void hole(std::int64_t first, std::int64_t last) {
    audit_.found(Check::stream,
                 fmt::format("entity {}: {} to {} are missing and no gap is recorded, so that what comes "
                             "after them would not wait",
                             entity_id_, first, last));
  }

  Audit& audit_;
  Statement numbers_;
  Statement gaps_;
  std::string_view entity_id_;
  std::int64_t expected_ = 0;
  std::optional<std::int64_t> last_;
  std::optional<Gap> gap_;
  bool early_ = false;  // some event came before one of a lower number, or before one that is missing
};

}  // namespace

void check_streams(Audit& audit) {
  Statement entities{audit.database(),
                     "SELECT entity_no, entity_id, first_sequence, disordered FROM entities"};
  StreamWalk stream{audit};
  auto rows = entities.rows();
  while (rows.next()) stream.walk(rows.integer(0), rows.bytes(1), rows.integer(2), rows.integer(3) != 0);
}

}  // namespace dispatch::journal::audit
