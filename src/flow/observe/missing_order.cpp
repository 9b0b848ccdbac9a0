#include "flow/observe/missing_order.hpp"

#include <functional>
#include <string_view>
#include <utility>

namespace dispatch::flow {

MissingOrder::MissingOrder(OrderPointers pointers) : pointers_(std::move(pointers)) {}

void MissingOrder::note(const Arrival& arrival) {
  if (!arrival.entity_id) {
    if (pointers_.entity_id.empty()) return;
    ++without_entity_;
  } else {
    if (pointers_.sequence_number.empty() || arrival.sequence) return;
    ++without_number_;
    if (entities_.size() < entities_most) entities_.insert(std::hash<std::string_view>{}(*arrival.entity_id));
  }
  changed_ = true;
}

bool MissingOrder::take_changed() {
  return std::exchange(changed_, false);
}

std::vector<MissingField> MissingOrder::found() const {
  std::vector<MissingField> fields;
  if (without_entity_ > 0) fields.push_back({"entity_id", pointers_.entity_id, without_entity_});
  if (without_number_ > 0)
    fields.push_back({"sequence_number", pointers_.sequence_number, without_number_, entities_.size()});
  return fields;
}

}  // namespace dispatch::flow
