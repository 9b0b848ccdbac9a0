#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Memory for decoded texts, such as unescaped strings, which are not in the input in that form. Taken from
/// blocks that are added to `blocks`; the owner of `blocks` owns all texts.
class TextStore {
 public:
  explicit TextStore(std::vector<std::unique_ptr<char[]>>& blocks) : blocks_(blocks) {}

  /// Returns `size` bytes for the caller to write.
  char* room(std::size_t size) {
    if (size > left_) {
      const std::size_t block = std::max(size, block_size);
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
      at_ = blocks_.back().get();
      left_ = block;
    }
    char* const room = at_;
    at_ += size;
    left_ -= size;
    return room;
  }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* const copy = room(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

 private:
  static constexpr std::size_t block_size = 4096;

  std::vector<std::unique_ptr<char[]>>& blocks_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace dispatch::ingest
