#pragma once

#include "base/error.hpp"
#include "ingest/source/source.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// The bytes of a source that were read and not consumed. Taken bytes stay in place, with `frame_padding`
/// readable bytes behind them, until their memory is handed over; dropped bytes need no memory. Used by one
/// thread.
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
  /// Skips the first `size` unread bytes.
  void drop(std::size_t size) { begin_ += size; }

  /// Adds at least one byte to the unread ones, or finds the end. Waits like the source.
  Result<> fill();
  /// True if fill() would return without waiting.
  bool ready() { return source_->ready(); }
  /// True if nothing follows the unread bytes.
  bool ended() const { return ended_; }
  const std::string& name() const { return source_->name(); }

  /// Moves the memory of the taken bytes to `blocks`.
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks);

 private:
  void make_room();
  void move_unread_to(std::size_t capacity);

  std::unique_ptr<Source> source_;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  char* begin_ = nullptr;
  char* end_ = nullptr;
  bool lent_ = false;                          ///< true: taken bytes are in block_
  std::vector<std::unique_ptr<char[]>> full_;  ///< full blocks with taken bytes
  bool ended_ = false;
};

}  // namespace dispatch::ingest
