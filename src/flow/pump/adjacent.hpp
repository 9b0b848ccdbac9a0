#pragma once

#include "event/ids.hpp"

namespace dispatch::flow {

// The adjacent position or sequence number.
constexpr Position after(Position position) {
  return Position{position.value() + 1};
}
constexpr SequenceNumber after(SequenceNumber sequence) {
  return SequenceNumber{sequence.value() + 1};
}
constexpr Position before(Position position) {
  return Position{position.value() - 1};
}

}  // namespace dispatch::flow
