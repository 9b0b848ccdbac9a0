#include "flow/intake/ingest_budget.hpp"

#include <algorithm>

namespace dispatch::flow {
namespace {

constexpr std::size_t most = 512;
/// The share of its time that the dispatcher must have been idle for it to read ahead.
constexpr double spare = 0.7;
/// What was so long ago does not count any more.
constexpr double memory_seconds = 0.1;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::size_t IngestBudget::events(const Load& load) {
  if (load.under_way == 0) return most;
  if (idle_ >= spare)
    return load.outcomes == 0 ? most / 4 : std::clamp<std::size_t>(2 * load.outcomes, 32, most);
  if (load.outcomes == 0) return 0;
  excess_ = load.waiting > 0 || load.freed == 0 ? excess_ / 2 : std::clamp<std::size_t>(2 * excess_, 1, most);
  const std::size_t room = load.freed - load.waiting;
  return room == 0 ? 0 : std::min(room + excess_, most);
}

void IngestBudget::note(std::chrono::nanoseconds waited, std::chrono::nanoseconds worked) {
  const double whole = seconds(waited + worked);
  if (whole <= 0) return;
  idle_ += std::min(1.0, whole / memory_seconds) * (seconds(waited) / whole - idle_);
}

}  // namespace dispatch::flow
