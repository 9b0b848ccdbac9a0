#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"
#include "base/system/file_roles.hpp"
#include "ingest/line/batch.hpp"
#include "ingest/rejects/reject_record_writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// "events.jsonl, line 17: sequence_number is -3; ...", for the log.
std::string describe(const Reject& reject);

/// "events.jsonl was not read after line 17: ...", for the log.
std::string describe(const UnreadInput& input);

/// The file that the lines which a run rejects are written to besides the journal, as records
/// (RejectRecordWriter).
///
/// The file is opened, for appending and with mode 0600, when the first line is written: no rejects, no file.
/// A symbolic link is refused. Used by one thread.
class RejectsFile {
 public:
  /// An empty path: nothing is written. Where the path is among `files`, which are borrowed, the file is
  /// checked when it is opened.
  explicit RejectsFile(std::string path, const FileRoles* files = nullptr);
  RejectsFile(RejectsFile&&) noexcept = default;
  RejectsFile& operator=(RejectsFile&&) noexcept = default;
  /// Closes; what was not flushed is lost.
  ~RejectsFile() = default;

  /// Adds one reject, or the next piece of one. Failed where the file cannot be opened or written.
  Result<> write(const Reject& reject);

  /// Brings what was written to the disk. To be called after each batch that had rejects, before the batch's
  /// events count as accepted. Does nothing where nothing was written since.
  Result<> flush();

  /// Ends a line whose last piece never came (the input was stopped), and flushes.
  Result<> finish();

  /// True where `reject` can be written and this object has then written no more than so many lines, and so
  /// many bytes of their texts.
  bool has_room_for(const Reject& reject, std::uint64_t lines_most, std::uint64_t bytes_most) const;

  const std::string& path() const { return path_; }
  /// Lines written, not pieces.
  std::uint64_t lines() const { return lines_; }

 private:
  Result<> put_out();

  std::string path_;
  const FileRoles* files_;
  Fd file_;
  RejectRecordWriter records_;
  bool unsynced_ = false;
  std::uint64_t lines_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace dispatch::ingest
