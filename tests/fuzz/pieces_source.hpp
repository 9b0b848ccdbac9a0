#pragma once

#include "ingest/source/source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

namespace dispatch::test {

/// A text that arrives at most `step` bytes at a time, and is ready at every other question.
class PiecesSource final : public ingest::Source {
 public:
  PiecesSource(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}

  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = std::min({into.size(), step_, text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }
  bool ready() override { return ready_ = !ready_; }
  const std::string& name() const override { return name_; }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
  bool ready_ = false;
  std::string name_ = "pieces";
};

}  // namespace dispatch::test
