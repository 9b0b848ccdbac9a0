#include "flow/intake/input_progress.hpp"

#include <algorithm>
#include <tuple>

namespace dispatch::flow {

void InputProgress::note(const ingest::Batch& batch) {
  if (!batch.lines.empty()) note(batch.lines.back());
  for (const auto& reject : batch.rejects)
    if (reject.last) note(reject.line);
  done_ = std::max(done_, batch.inputs_done);
}

void InputProgress::note(const ingest::LineRef& line) {
  const std::size_t input = line.input;
  if (std::tie(input, line.input_line, line.element) <= std::tie(input_, line_, element_)) return;
  input_ = input;
  line_ = line.input_line;
  element_ = line.element;
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
