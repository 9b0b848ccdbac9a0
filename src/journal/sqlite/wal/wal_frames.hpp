#pragma once

#include "base/system/fd.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::journal {

/// Reads a write-ahead log from its beginning as SQLite's recovery does: frame by frame, while salts and
/// checksums match (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). The log must not be written
/// meanwhile. A log that is a symbolic link has no frames: SQLite does not follow such a link either.
class WalFrames {
 public:
  explicit WalFrames(const std::filesystem::path& log);

  struct Frame {
    std::uint32_t page = 0;  ///< the number of the page, from 1
    bool commits = false;    ///< true: it is the last frame of a transaction
    std::string content;
  };
  /// The next frame; nothing at the end of the valid frames.
  std::optional<Frame> next();

 private:
  void sum(const char* bytes, std::size_t count);
  bool sum_is(const char* stored) const;

  /// Reads the next `count` bytes of the log; false if there are fewer, or they cannot be read.
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
