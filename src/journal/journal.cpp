#include "journal/journal.hpp"

#include <array>
#include <utility>

namespace dispatch::journal {
namespace {

/// The answer to a batch of one.
template <class T>
Result<T> only(Result<std::vector<T>> answers) {
  if (!answers) return tl::unexpected(std::move(answers).error());
  return std::move(answers->front());
}

}  // namespace

Result<DeliveryQueue> Journal::queue(QueueNo no) {
  return only(queues_by_number({&no, 1}));
}

Result<bool> Journal::has_several_destinations(QueueNo queue) {
  const auto several = several_destinations({&queue, 1});
  if (!several) return tl::unexpected(several.error());
  return several->front();
}

Result<std::vector<DeliveryRow>> Journal::scan(QueueNo queue, Position after, std::size_t limit) {
  return only(scan_queues(std::array{QueueScan{queue, after, limit}}));
}

Result<std::vector<DeliveryRow>> Journal::due(QueueNo queue, const DuePlace& after, const DuePlace& until,
                                              std::size_t limit) {
  return only(due_in_queues(std::array{DueScan{queue, after, until, limit}}));
}

Result<std::optional<WallTime>> Journal::next_due(QueueNo queue, const DuePlace& after) {
  return only(next_due_in_queues(std::array{PlaceInQueue{queue, after}}));
}

Result<Predecessor> Journal::predecessor(const DeliveryRow& row) {
  return only(predecessors({&row, 1}));
}

Result<std::vector<DeliveryRow>> Journal::open_in_lane(const DeliveryRow& row, std::size_t limit) {
  return only(open_in_lanes({&row, 1}, limit));
}

Result<std::optional<DeliveryRow>> Journal::head(const DeliveryKey& key) {
  return only(heads({&key, 1}));
}

}  // namespace dispatch::journal
