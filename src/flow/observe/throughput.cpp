#include "flow/observe/throughput.hpp"

#include <chrono>

namespace dispatch::flow {
namespace {

constexpr std::chrono::seconds measured_over{10};

}  // namespace

void Throughput::note(SteadyTime now, std::uint64_t count) {
  notes_.emplace_back(now, count);
  while (notes_.size() > 2 && now - notes_[1].first >= measured_over) notes_.pop_front();
}

std::optional<double> Throughput::per_second() const {
  if (notes_.size() < 2) return std::nullopt;
  const std::chrono::duration<double> over = notes_.back().first - notes_.front().first;
  if (over.count() <= 0) return std::nullopt;
  return static_cast<double>(notes_.back().second - notes_.front().second) / over.count();
}

}  // namespace dispatch::flow
