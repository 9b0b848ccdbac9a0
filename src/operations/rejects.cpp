#include "operations/rejects.hpp"

#include "ingest/rejects/reject_record_writer.hpp"
#include "operations/commit.hpp"

#include <memory>
#include <string>
#include <utility>

namespace dispatch::operations {
namespace {

constexpr std::size_t cleared_per_turn = 1'000;

using Write = std::function<bool(std::string_view)>;

/// One line, or a record of it. True where it was there.
class Exporter {
 public:
  Exporter(const journal::JournalReader& reader, RejectForm form, const Write& write)
      : reader_(reader), form_(form), write_(write) {}

  Result<bool> write(const journal::RejectedRecord& record) {
    auto found = form_ == RejectForm::lines ? write_line(record) : write_record(record);
    if (found && *found && form_ == RejectForm::lines) put("\n");
    return found;
  }
  bool goes_on() const { return goes_on_; }

 private:
  bool put(std::string_view text) { return goes_on_ = goes_on_ && write_(text); }

  Result<bool> write_line(const journal::RejectedRecord& record) {
    return reader_.reject_text(record.number, [&](std::string_view piece) { return put(piece); });
  }

  Result<bool> write_record(const journal::RejectedRecord& record) {
    ingest::Reject reject;
    reject.origin.from = std::make_shared<const ingest::InputName>(ingest::InputName{record.file, {}});
    reject.origin.number = record.line;
    reject.reason = record.reason;
    reject.last = false;
    auto found = reader_.reject_text(record.number, [&](std::string_view piece) {
      reject.origin.text = piece;
      records_.write(reject);
      reject.first = false;
      const bool goes_on = put(records_.text());
      records_.text().clear();
      return goes_on;
    });
    records_.finish();
    put(records_.text());
    records_.text().clear();
    return found;
  }

  const journal::JournalReader& reader_;
  const RejectForm form_;
  const Write& write_;
  ingest::RejectRecordWriter records_;
  bool goes_on_ = true;
};

}  // namespace

Result<journal::RejectCount> count_rejects(const journal::JournalReader& reader,
                                           const journal::RejectSelection& which) {
  journal::RejectCount count;
  DISPATCH_TRY(reader.rejects(which, false, [&](const journal::RejectedRecord& record) {
    ++count.lines;
    count.bytes += record.bytes;
    return true;
  }));
  return count;
}

Result<journal::RejectCount> clear_rejects(journal::Journal& journal, const journal::RejectSelection& which,
                                           const Clock& clock) {
  journal::RejectCount cleared;
  while (true) {
    DISPATCH_ASSIGN(auto transaction, journal.begin());
    DISPATCH_ASSIGN(const auto some, transaction->clear_rejects(which, clock.wall(), cleared_per_turn));
    cleared.lines += some.lines;
    cleared.bytes += some.bytes;
    DISPATCH_TRY(commit(*transaction, journal, cleared.lines));
    if (some.lines < static_cast<std::int64_t>(cleared_per_turn)) return cleared;
  }
}

Result<std::int64_t> export_rejects(const journal::JournalReader& reader,
                                    const journal::RejectSelection& which, RejectForm form,
                                    const Write& write) {
  Exporter exporter{reader, form, write};
  std::int64_t written = 0;
  Result<> failed;
  DISPATCH_TRY(reader.rejects(which, false, [&](const journal::RejectedRecord& record) {
    const auto found = exporter.write(record);
    if (!found) failed = tl::unexpected(found.error());
    if (found && *found) ++written;
    return found && exporter.goes_on();
  }));
  DISPATCH_TRY(failed);
  return written;
}

}  // namespace dispatch::operations
