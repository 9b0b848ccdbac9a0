#include "journal/sqlite/writing/remembered_requests.hpp"

namespace dispatch::journal {

namespace {

constexpr std::size_t bytes_most = std::size_t{1} << 20;
/// When so many times as many as are here had no room, all are forgotten.
constexpr std::size_t patience = 4;

std::size_t memory_of(const Outgoing& request) {
  return sizeof(std::pair<DeliveryKey, Outgoing>) + request.payload.size() + request.headers.size() +
         request.url.size() + request.event_id.size();
}

}  // namespace

bool RememberedRequests::has_room() {
  if (bytes_ < bytes_most) return true;
  if (++without_room_ <= patience * requests_.size()) return false;
  forget();
  return true;
}

void RememberedRequests::add(const DeliveryKey& key, Outgoing request) {
  const std::size_t size = memory_of(request);
  if (requests_.emplace(key, std::move(request)).second) bytes_ += size;
}

std::optional<Outgoing> RememberedRequests::take(const DeliveryKey& key) {
  const auto found = requests_.find(key);
  if (found == requests_.end()) return std::nullopt;
  Outgoing request = std::move(found->second);
  requests_.erase(found);
  bytes_ -= memory_of(request);
  without_room_ = 0;
  return request;
}

void RememberedRequests::forget() {
  requests_.clear();
  bytes_ = 0;
  without_room_ = 0;
}

}  // namespace dispatch::journal
