#pragma once

#include "base/error.hpp"
#include "ingest/source/source.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// The bytes of a source that have been read and not been taken. What was taken stays where it is until its
/// memory is handed over, with `frame_padding` readable bytes behind it; what was dropped takes no memory.
/// Used by one thread.
class InputBuffer {
 public:
  explicit InputBuffer(std::unique_ptr<Source> source) : source_(std::move(source)) {}

  /// Valid until the next call of fill() or hand_over().
  std::string_view unread() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }
  /// Takes the first `size` unread bytes and returns them.
  std::string_view take(std::size_t size) {
    const char* const taken = begin_;
    begin_ += size;
    lent_ = lent_ || size > 0;
    return {taken, size};
  }
  /// Leaves out the first `size` unread bytes.
  void drop(std::size_t size) { begin_ += size; }

  /// Adds at least one byte to the unread ones, or finds the end. Waits as the source does.
  Result<> fill();
  /// True where fill() would return without waiting.
  bool ready() { return source_->ready(); }
  /// True where nothing follows the unread bytes.
  bool ended() const { return ended_; }
  const std::string& name() const { return source_->name(); }

  /// Gives the memory that holds what was taken to `blocks`.
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks);

 private:
  void make_room();
  void move_unread_to(std::size_t capacity);

  std::unique_ptr<Source> source_;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  bool lent_ = false;                          ///< something that was taken stands in block_
  std::vector<std::unique_ptr<char[]>> full_;  ///< blocks that what was taken stands in
  bool ended_ = false;
};

}  // namespace dispatch::ingest
