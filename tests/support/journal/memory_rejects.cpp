#include "support/journal/memory_rejects.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::test {

using journal::RejectCount;

std::size_t MemoryRejects::queue(std::span<const journal::RejectedLine> lines, const RejectCount& most,
                                 std::optional<std::string>& partial) {
  for (std::size_t taken = 0; taken < lines.size(); ++taken) {
    const auto& line = lines[taken];
    if (line.first || !partial) partial = "";
    *partial += line.text;
    const bool known = line.last && by_text_.contains(*partial);
    if (!known && !has_room(partial->size(), most)) {
      partial.reset();
      return taken;
    }
    if (!line.last) continue;
    if (known)
      by_text_.find(*partial)->second.file = line.file;
    else
      by_text_.emplace(*partial, Reject{++last_number_, std::string{line.file}});
    partial.reset();
  }
  return lines.size();
}

bool MemoryRejects::has_room(std::size_t bytes, const RejectCount& most) const {
  const auto now = open();
  return now.lines < most.lines && now.bytes + static_cast<std::int64_t>(bytes) <= most.bytes;
}

void MemoryRejects::unqueue(std::span<const std::string_view> texts) {
  for (const auto text : texts)
    if (const auto found = by_text_.find(text); found != by_text_.end() && !found->second.cleared)
      by_text_.erase(found);
}

RejectCount MemoryRejects::clear(const journal::RejectSelection& which, std::size_t limit) {
  std::map<std::int64_t, std::pair<Reject*, std::size_t>> meant;
  for (auto& [text, reject] : by_text_) {
    const auto& numbers = which.numbers;
    const bool by_number = numbers.empty() || std::count(numbers.begin(), numbers.end(), reject.number) > 0;
    if (!reject.cleared && by_number && (!which.file || *which.file == reject.file))
      meant[reject.number] = {&reject, text.size()};
  }
  RejectCount cleared;
  for (const auto& [number, found] : meant) {
    if (cleared.lines == static_cast<std::int64_t>(limit)) break;
    found.first->cleared = true;
    ++cleared.lines;
    cleared.bytes += static_cast<std::int64_t>(found.second);
  }
  return cleared;
}

RejectCount MemoryRejects::open() const {
  RejectCount open;
  for (const auto& [text, reject] : by_text_) {
    if (reject.cleared) continue;
    ++open.lines;
    open.bytes += static_cast<std::int64_t>(text.size());
  }
  return open;
}

}  // namespace dispatch::test
