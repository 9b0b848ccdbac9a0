#pragma once

#include "base/error.hpp"
#include "base/system/file_roles.hpp"
#include "ingest/event_source.hpp"
#include "ingest/format/open_frames.hpp"
#include "ingest/line/mapping.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dispatch::ingest {

struct ReaderOptions {
  Mapping mapping;  ///< where to find the fields of a line
  InputFormat format = InputFormat::automatic;
  std::optional<JsonPointer> records;                ///< see FormatOptions::records
  std::size_t line_most = std::size_t{1024} * 1024;  ///< bytes; a longer line is rejected. Default 1 MiB
  std::size_t batch_events = 512;                    ///< maximum number of lines in a batch
  std::size_t batch_bytes =
      std::size_t{1024} * 1024;  ///< a batch is closed when its lines reach this size, in bytes
  /// If an input is among these, it is checked when it is opened. Borrowed.
  const FileRoles* files = nullptr;
};

/// The event source for files and standard input: reads them one after the other, line by line. Memory is
/// bounded by the batch and the longest line, for input of any size. A record of a rejects file is read as
/// the line in it, with the original file and line number. The position is not saved: an event that is read
/// again is a duplicate.
class Reader final : public EventSource {
 public:
  /// Checks that every path can be opened, so that a missing file is found before anything is sent; also
  /// checks the format at the beginning of regular files. "-" is standard input. `stop` ends a wait for input
  /// at once.
  static Result<Reader> open(std::vector<std::string> paths, ReaderOptions options, std::stop_token stop);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader() override;

  /// If an input fails, reports it in the batch and goes on with the next one. An error is misuse.
  Result<std::optional<Batch>> next() override;
  /// True if each input was read to its end or failed.
  bool finished() const override;
  /// True if an input is standard input or was not a regular file when it was opened.
  bool may_stay_open() const override;
  void committed(Cursor) noexcept override {}

 private:
  class Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::ingest
