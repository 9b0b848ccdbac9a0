#pragma once

#include "event/arrival.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace dispatch::flow {

/// The places of the ordering fields as given by --field; an empty text: not given.
struct OrderPointers {
  std::string entity_id;
  std::string sequence_number;
};

/// An ordering field that is missing where --field says it is.
struct MissingField {
  std::string field;        ///< "entity_id" or "sequence_number"
  std::string pointer;      ///< as given
  std::uint64_t lines = 0;  ///< lines without it
  std::uint64_t entities =
      0;  ///< for sequence_number: the entities of these lines, at most MissingOrder::entities_most
};

/// Counts accepted lines that lose their order because a mapped field is missing: each becomes a lane of its
/// own, or takes the next number of its entity in order of arrival.
class MissingOrder {
 public:
  /// Maximum number of entities counted one by one; an input can name any number of them.
  static constexpr std::size_t entities_most = 100'000;

  explicit MissingOrder(OrderPointers pointers);

  void note(const Arrival& arrival);
  /// True if something was counted since the last call.
  bool take_changed();
  /// The fields that are missing in at least one line.
  std::vector<MissingField> found() const;

 private:
  OrderPointers pointers_;
  std::uint64_t without_entity_ = 0;
  std::uint64_t without_number_ = 0;
  std::unordered_set<std::size_t> entities_;  ///< hashes of the ids of entities with a missing number
  bool changed_ = false;
};

}  // namespace dispatch::flow
