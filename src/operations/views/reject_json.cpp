#include "operations/views/reject_json.hpp"

#include "operations/views/json_fields.hpp"

namespace dispatch::operations {

void add_reject(JsonObject& object, const journal::RejectedRecord& reject) {
  object.add("reject", reject.number)
      .add("file", reject.file)
      .add("line", reject.line)
      .add("reason", reject.reason)
      .add("bytes", reject.bytes)
      .add("times", reject.times);
  add_time(object, "first_at", reject.first_at);
  add_time(object, "last_at", reject.last_at);
  add_time(object, "cleared_at", reject.cleared_at);
}

}  // namespace dispatch::operations
