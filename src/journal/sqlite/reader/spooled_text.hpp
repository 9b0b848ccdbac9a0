#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace dispatch::journal::reading {

/// Stores a text of any length between reading and writing it: the first mebibyte in memory, the rest in an
/// unnamed temporary file that is deleted with this object. The snapshot of the journal is therefore held
/// only while the text is copied, however slow the consumer of the output is. Used by one thread.
class SpooledText {
 public:
  /// Appends to the text. Fails if there is no space for the temporary file.
  Result<> add(std::string_view text);

  /// Passes the text to `each` in pieces, from the beginning, until `each` returns false.
  Result<> each(const std::function<bool(std::string_view)>& each) const;

 private:
  static constexpr std::size_t memory_most = 1'048'576;  // bytes

  std::string begin_;
  Fd file_;  // the rest of the text; not opened while all of it fits into memory
  std::size_t file_bytes_ = 0;
};

}  // namespace dispatch::journal::reading
