#pragma once

#include "journal/rows.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::test {

/// The rejected lines of a MemoryState. A value.
class MemoryRejects {
 public:
  /// Journal::queue_rejects; `partial` is the line of which not all pieces have come, of the object that
  /// calls.
  std::size_t queue(std::span<const journal::RejectedLine> lines, const journal::RejectCount& most,
                    std::optional<std::string>& partial);
  void unqueue(std::span<const std::string_view> texts);
  journal::RejectCount clear(const journal::RejectSelection& which, std::size_t limit);
  journal::RejectCount open() const;

 private:
  struct Reject {
    std::int64_t number = 0;
    std::string file;
    bool cleared = false;
  };
  bool has_room(std::size_t bytes, const journal::RejectCount& most) const;

  std::map<std::string, Reject, std::less<>> by_text_;
  std::int64_t last_number_ = 0;
};

}  // namespace dispatch::test
