#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"
#include "base/system/file_roles.hpp"
#include "ingest/batch/batch.hpp"
#include "ingest/rejects/reject_record_writer.hpp"
#include "ingest/rejects/reject_sink.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace dispatch::ingest {

/// Limits of the rejected lines in the file: their number, and the bytes of their texts.
struct RejectLimits {
  std::uint64_t lines = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t bytes = std::numeric_limits<std::uint64_t>::max();
};

/// The file to which a run writes its rejected lines, in addition to the journal, as records
/// (RejectRecordWriter).
///
/// The file is opened for appending, with mode 0600, when the first line is written: without rejects there is
/// no file. A symbolic link is refused. Used by one thread.
class RejectsFile final : public RejectSink {
 public:
  /// An empty path: everything is accepted and nothing written. This object writes no more than `most`. If
  /// the path is among `files`, which are borrowed, the file is checked when it is opened.
  explicit RejectsFile(std::string path, RejectLimits most = {}, const FileRoles* files = nullptr);
  RejectsFile(RejectsFile&&) noexcept = default;
  RejectsFile& operator=(RejectsFile&&) noexcept = default;
  /// Closes the file; data that was not flushed is lost.
  ~RejectsFile() override = default;

  Result<std::size_t> keep(std::span<const Reject> rejects) override;
  Result<> flush() override;
  Result<> finish() override;

  const std::string& path() const { return path_; }
  /// Number of lines written, not of pieces.
  std::uint64_t lines() const { return lines_; }

 private:
  bool has_room_for(const Reject& reject) const;
  Result<> write(const Reject& reject);
  Result<> put_out();

  std::string path_;
  RejectLimits most_;
  const FileRoles* files_;
  Fd file_;
  RejectRecordWriter records_;
  bool unsynced_ = false;
  std::uint64_t lines_ = 0;
  std::uint64_t text_bytes_ = 0;
};

}  // namespace dispatch::ingest
