#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace dispatch::journal::reading {

/// Keeps a text of any length between the moment it is read and the moment it is written: the first mebibyte
/// in memory, the rest in a temporary file that has no name and goes with this object. So the snapshot of the
/// journal in which a text is read lasts no longer than it takes to copy the text, however slow the reader of
/// the output is. Used by one thread.
class SpooledText {
 public:
  /// Adds to the end. Fails where there is no room for the temporary file.
  Result<> add(std::string_view text);

  /// Gives the text, in pieces, from its beginning until `each` returns false.
  Result<> each(const std::function<bool(std::string_view)>& each) const;

 private:
  static constexpr std::size_t memory_most = 1'048'576;  // bytes

  std::string begin_;
  Fd file_;  // what follows; none yet where all of it fits into memory
  std::size_t file_bytes_ = 0;
};

}  // namespace dispatch::journal::reading
