#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/file_roles.hpp"
#include "ingest/batch.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// "events.jsonl, line 17: sequence_number is -3; ...", for the log.
std::string describe(const Reject& reject);

/// The file that rejected lines go to, whole, to be mended and fed back. One JSON object a line:
///
///     {"file":"events.jsonl","line":17,"reason":"...","text":"the line as it stood"}
///
/// `jq -r .text` gives the lines back. A line that is not UTF-8, or holds control characters other than tab
/// and carriage return, stands in "text_base64" instead of "text", so that no byte takes more than two. Of a
/// line that came in pieces, and turned out to be such a one after its beginning was written, the rest is in
/// "rest_base64".
///
/// The file is opened, for appending and with mode 0600, when the first line is written: no rejects, no file.
/// A symbolic link is refused. Used by one thread.
class RejectsFile {
 public:
  /// Where the path is among `files`, which are borrowed, the file is checked when it is opened.
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

  const std::string& path() const { return path_; }
  /// Lines written, not pieces.
  std::uint64_t lines() const { return lines_; }

 private:
  /// How far the record that is being written has come.
  enum class Open { none, record, text, base64 };

  Result<> put_out();
  void begin(const Reject& reject);
  void add(std::string_view piece, bool last);
  void end();

  std::string path_;
  const FileRoles* files_;
  Fd file_;
  std::string buffer_;  ///< not yet written
  std::string carry_;   ///< the end of a piece that can be encoded only with the next one
  Open open_ = Open::none;
  bool unsynced_ = false;
  std::uint64_t lines_ = 0;
};

}  // namespace dispatch::ingest
