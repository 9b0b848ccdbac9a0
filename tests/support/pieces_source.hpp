#pragma once

#include "ingest/source/source.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace dispatch::test {

/// A text that arrives at most `step` bytes at a time.
class PiecesSource final : public ingest::Source {
 public:
  /// What ready() answers.
  enum class Ready { always, never, every_other_time };

  PiecesSource(std::string text, std::size_t step, Ready ready = Ready::always)
      : text_(std::move(text)), step_(step), ready_(ready) {}

  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = std::min({into.size(), step_, text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, size);
    at_ += size;
    return size;
  }
  bool ready() override {
    was_ready_ = ready_ == Ready::every_other_time ? !was_ready_ : ready_ == Ready::always;
    return was_ready_;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string text_;
  std::size_t step_;
  std::size_t at_ = 0;
  Ready ready_;
  bool was_ready_ = false;
  std::string name_ = "pieces";
};

}  // namespace dispatch::test
