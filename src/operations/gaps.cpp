#include "operations/gaps.hpp"

#include "operations/commit.hpp"

#include <string>
#include <utility>
#include <vector>

namespace dispatch::operations {
namespace {

constexpr std::size_t skipped_per_turn = 500;

/// Calls `each` for every gap that is meant.
template <class Each>
Result<> for_each_gap(const journal::JournalReader& reader, std::optional<std::chrono::microseconds> age,
                      WallTime now, Each each) {
  const auto is_meant = [&](const journal::OpenGap& gap) {
    return !age || gap.since > now || gap.since <= now - *age;
  };
  std::optional<std::string> stays;  // the entity of the last gap that is not meant
  Result<> failed;
  DISPATCH_TRY(reader.open_gaps([&](const journal::OpenGap& gap) {
    if (stays == gap.entity_id) return true;
    if (!is_meant(gap)) {
      stays = gap.entity_id;
      return true;
    }
    failed = each(gap);
    return failed.has_value();
  }));
  return failed;
}

Result<> skip(journal::Journal& journal, std::vector<journal::OpenGap>& gaps, const Clock& clock,
              SkippedGaps& skipped) {
  if (gaps.empty()) return {};
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  for (const auto& [entity, first, last, since] : gaps) {
    DISPATCH_ASSIGN(const auto gap, transaction->skip_gap(entity, first, clock.wall()));
    if (!gap) continue;  // its first number has arrived meanwhile
    ++skipped.gaps;
    skipped.numbers += gap->second.value() - gap->first.value() + 1;
  }
  DISPATCH_TRY(commit(*transaction, journal, skipped.gaps));
  gaps.clear();
  return {};
}

}  // namespace

Result<SkippedGaps> count_gaps(const journal::JournalReader& reader,
                               std::optional<std::chrono::microseconds> age, WallTime now) {
  SkippedGaps count;
  DISPATCH_TRY(for_each_gap(reader, age, now, [&](const journal::OpenGap& gap) -> Result<> {
    ++count.gaps;
    count.numbers += gap.last_missing.value() - gap.first_missing.value() + 1;
    return {};
  }));
  return count;
}

Result<SkippedGaps> skip_gaps(const journal::JournalReader& reader, journal::Journal& journal,
                              std::optional<std::chrono::microseconds> age, const Clock& clock) {
  SkippedGaps skipped;
  std::vector<journal::OpenGap> gaps;
  DISPATCH_TRY(for_each_gap(reader, age, clock.wall(), [&](const journal::OpenGap& gap) -> Result<> {
    gaps.push_back(gap);
    return gaps.size() < skipped_per_turn ? Result<>{} : skip(journal, gaps, clock, skipped);
  }));
  DISPATCH_TRY(skip(journal, gaps, clock, skipped));
  return skipped;
}

}  // namespace dispatch::operations
