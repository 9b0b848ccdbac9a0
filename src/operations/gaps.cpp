#include "operations/gaps.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::operations {
namespace {

constexpr std::size_t skipped_per_turn = 500;

/// Calls `each` for every gap that is meant.
template <class Each>
Result<> for_each_gap(const journal::Ledger& ledger, WallTime until, Each each) {
  std::optional<std::string> stays;  // the entity of the last gap that is not meant
  Result<> failed;
  DISPATCH_TRY(ledger.gaps(std::nullopt, false, [&](const journal::GapRecord& gap) {
    if (stays == gap.entity_id) return true;
    if (gap.since > until) {
      stays = gap.entity_id;
      return true;
    }
    failed = each(gap);
    return failed.has_value();
  }));
  return failed;
}

Result<> skip(journal::Journal& journal, std::vector<std::string>& entities, const Clock& clock,
              SkippedGaps& skipped) {
  if (entities.empty()) return {};
  SkippedGaps some;
  auto turn = journal::Turn::begin(journal);
  if (!turn) return tl::unexpected(std::move(turn).error());
  for (const auto& entity : entities) {
    const auto gap = journal.skip_gap(entity, clock.wall());
    if (!gap) return tl::unexpected(gap.error());
    if (!*gap) continue;  // its numbers have arrived meanwhile
    ++some.gaps;
    some.numbers += (*gap)->second.value() - (*gap)->first.value() + 1;
  }
  DISPATCH_TRY(turn->commit());
  skipped.gaps += some.gaps;
  skipped.numbers += some.numbers;
  entities.clear();
  return {};
}

}  // namespace

Result<SkippedGaps> count_gaps(const journal::Ledger& ledger, WallTime until) {
  SkippedGaps count;
  DISPATCH_TRY(for_each_gap(ledger, until, [&](const journal::GapRecord& gap) -> Result<> {
    ++count.gaps;
    count.numbers += gap.last_missing.value() - gap.first_missing.value() + 1;
    return {};
  }));
  return count;
}

Result<SkippedGaps> skip_gaps(const journal::Ledger& ledger, journal::Journal& journal, WallTime until,
                              const Clock& clock) {
  SkippedGaps skipped;
  std::vector<std::string> entities;  // once for each of its gaps, the lowest first
  DISPATCH_TRY(for_each_gap(ledger, until, [&](const journal::GapRecord& gap) -> Result<> {
    entities.push_back(gap.entity_id);
    return entities.size() < skipped_per_turn ? Result<>{} : skip(journal, entities, clock, skipped);
  }));
  DISPATCH_TRY(skip(journal, entities, clock, skipped));
  return skipped;
}

}  // namespace dispatch::operations
