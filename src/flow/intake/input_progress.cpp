#include "flow/intake/input_progress.hpp"

#include <algorithm>
#include <tuple>

namespace dispatch::flow {

void InputProgress::note(const ingest::Batch& batch) {
  if (!batch.origins.empty()) note(batch.origins.back());
  for (const auto& reject : batch.rejects)
    if (reject.last) note(reject.origin);
  done_ = std::max(done_, batch.inputs_done);
}

void InputProgress::note(const ingest::Origin& origin) {
  const std::size_t input = origin.input;
  if (std::tie(input, origin.input_number, origin.element) <= std::tie(input_, line_, element_)) return;
  input_ = input;
  line_ = origin.input_number;
  element_ = origin.element;
}

std::vector<ingest::UnreadInput> InputProgress::unread(const std::vector<std::string>& inputs,
                                                       const std::string& why) const {
  std::vector<ingest::UnreadInput> unread;
  for (std::size_t i = done_; i < inputs.size(); ++i) {
    unread.push_back({inputs[i], 0, why});
    if (i != input_) continue;
    unread.back().after_line = line_;
    unread.back().after_element = element_;
  }
  return unread;
}

}  // namespace dispatch::flow
