#pragma once

#include "event/arrival.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace dispatch::flow {

/// Where --field says that the fields stand which order events; an empty text: it does not say.
struct OrderPointers {
  std::string entity_id;
  std::string sequence_number;
};

/// A field that orders events and is not where --field says it stands.
struct MissingField {
  std::string field;        ///< "entity_id" or "sequence_number"
  std::string pointer;      ///< as it was given
  std::uint64_t lines = 0;  ///< without it
  std::uint64_t entities =
      0;  ///< of sequence_number: whose events they are; MissingOrder::entities_most at most
};

/// Counts accepted lines whose order is lost as a mapped field is missing in them: each becomes a lane of its
/// own, or takes the next number of its entity as it comes.
class MissingOrder {
 public:
  /// Entities counted one by one; an input may name any number.
  static constexpr std::size_t entities_most = 100'000;

  explicit MissingOrder(OrderPointers pointers);

  void note(const Arrival& arrival);
  /// True where something was counted since the last call.
  bool take_changed();
  /// Those of which there are any.
  std::vector<MissingField> found() const;

 private:
  OrderPointers pointers_;
  std::uint64_t without_entity_ = 0;
  std::uint64_t without_number_ = 0;
  std::unordered_set<std::size_t> entities_;  ///< without a number somewhere; the hashes of their ids
  bool changed_ = false;
};

}  // namespace dispatch::flow
