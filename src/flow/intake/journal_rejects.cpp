#include "flow/intake/journal_rejects.hpp"

#include <vector>

namespace dispatch::flow {

Result<std::size_t> JournalRejects::keep(std::span<const ingest::Reject> rejects) {
  std::vector<journal::RejectedLine> lines;
  lines.reserve(rejects.size());
  for (const ingest::Reject& reject : rejects)
    lines.push_back({reject.origin.name(), reject.origin.number, reject.reason, reject.origin.text,
                     reject.first, reject.last});
  return transaction_.queue_rejects(lines, most_, now_);
}

}  // namespace dispatch::flow
