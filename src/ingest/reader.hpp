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
  Mapping mapping;  ///< which fields of a line are what
  InputFormat format = InputFormat::automatic;
  std::optional<JsonPointer> records;                  ///< see FormatOptions::records
  std::size_t line_most = std::size_t{1024} * 1024;    ///< bytes; a longer line is rejected. Default 1 MiB
  std::size_t batch_events = 512;                      ///< a batch holds at most so many lines
  std::size_t batch_bytes = std::size_t{1024} * 1024;  ///< and is closed when its lines reach this size
  /// Where the inputs are among these, each is checked when it is opened. Borrowed.
  const FileRoles* files = nullptr;
};

/// The event source of files and standard input: reads them one after the other, line by line. Memory is
/// bounded by the batch and the longest line, whatever the size of the input. A record of a rejects file
/// stands for the line that it keeps, with its file and number. How far it was read is not remembered: what
/// is read again is a duplicate.
class Reader final : public EventSource {
 public:
  /// Opens nothing yet but checks that every path can be opened: a missing file is found before anything is
  /// sent.
  /// Of regular files the begin is read: one whose format is not read is found before anything is sent, too.
  /// "-" is standard input. `stop` ends a wait for input at once.
  static Result<Reader> open(std::vector<std::string> paths, ReaderOptions options, std::stop_token stop);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader() override;

  /// An input that fails is left where it failed, which the batch says, and the next one is read. An error is
  /// misuse.
  Result<std::optional<Batch>> next() override;
  /// True where each input was read to its end, or failed.
  bool finished() const override;
  /// True where an input is standard input, or not a regular file, as it was when it was opened.
  bool may_stay_open() const override;
  void committed(Cursor) noexcept override {}

 private:
  class Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dispatch::ingest
