#include "flow/gap_watch.hpp"

namespace dispatch::flow {
namespace {

constexpr std::size_t gaps_per_turn = 500;

}  // namespace

Result<journal::GapCount> GapWatch::give_up(journal::Journal& journal, journal::Transaction& transaction,
                                            WallTime now, SteadyTime steady) {
  if (!patience_) return journal::GapCount{};
  const auto look = [&]() -> Result<> {
    DISPATCH_ASSIGN(const auto oldest, journal.oldest_gap());
    patience_->see(oldest, now, steady);
    return {};
  };
  DISPATCH_TRY(look());
  const auto until = patience_->waited_for(steady);
  if (!until) return journal::GapCount{};
  auto given_up = transaction.give_up_gaps(*until, now, gaps_per_turn);
  if (!given_up) return given_up;
  DISPATCH_TRY(look());
  return given_up;
}

}  // namespace dispatch::flow
