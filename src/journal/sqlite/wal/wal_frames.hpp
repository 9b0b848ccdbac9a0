#pragma once

#include "base/system/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::journal {

/// Reads a write-ahead log from its beginning, as SQLite recovers it: frame by frame, as far as the salts and
/// checksums fit (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). For a log that nobody writes
/// meanwhile. A log that is a symbolic link has no frames: SQLite follows none there either.
class WalFrames {
 public:
  explicit WalFrames(const std::filesystem::path& log);

  struct Frame {
    std::uint32_t page = 0;  ///< the number of the page, from 1
    bool commits = false;    ///< it is the last of a transaction
    std::string content;
  };
  /// The next frame; nothing at the end of what is valid.
  std::optional<Frame> next();

 private:
  void sum(const char* bytes, std::size_t count);
  bool sum_is(const char* stored) const;

  /// The next bytes of the log; false where there are not so many, or they cannot be read.
  bool read(char* to, std::size_t count);

  Fd file_;
  std::size_t at_ = 0;
  bool usable_ = false;
  bool big_endian_sums_ = false;
  std::size_t page_bytes_ = 0;
  std::string salts_;
  std::uint32_t sums_[2] = {0, 0};
};

}  // namespace dispatch::journal
