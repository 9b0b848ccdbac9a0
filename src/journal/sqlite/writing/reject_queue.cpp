#include "journal/sqlite/writing/reject_queue.hpp"

#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <chrono>
#include <set>
#include <vector>

#include <fmt/format.h>

namespace dispatch::journal {
namespace {

/// A line whose end has not come for so long was left by a process that is gone.
constexpr std::chrono::hours stale_after{24};

std::int64_t size_of(std::string_view text) {
  return static_cast<std::int64_t>(text.size());
}

}  // namespace

RejectQueue::RejectQueue(SQLite::Database& database, const TurnAccount& turn)
    : turn_(turn),
      find_(database, "SELECT reject_no, bytes FROM rejects WHERE digest = ? AND cleared_at IS NULL"),
      count_again_(database,
                   "UPDATE rejects SET times = times + 1, file = ?, line = ?, reason = ?, last_at = ?"
                   " WHERE digest = ?"),
      add_(database,
           "INSERT INTO rejects (digest, file, line, reason, bytes, first_at, last_at)"
           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING reject_no"),
      add_text_(database, "INSERT INTO reject_texts (reject_no, place, text) VALUES (?, ?, ?)"),
      complete_(database, "UPDATE rejects SET digest = ?, bytes = ?, last_at = ? WHERE reject_no = ?"),
      remove_(database, "DELETE FROM rejects WHERE reject_no = ?"),
      remove_texts_(database, "DELETE FROM reject_texts WHERE reject_no = ?"),
      stale_(database, "SELECT reject_no FROM rejects WHERE digest IS NULL AND last_at < ?"),
      any_open_rows_(database,
                     "SELECT EXISTS (SELECT 1 FROM rejects INDEXED BY rejects_open"
                     " WHERE cleared_at IS NULL AND digest IS NOT NULL)"),
      count_open_(database,
                  "SELECT count(*), coalesce(sum(bytes), 0) FROM rejects INDEXED BY rejects_open"
                  " WHERE cleared_at IS NULL AND digest IS NOT NULL"),
      open_of_number_(database,
                      "SELECT reject_no, bytes FROM rejects WHERE reject_no = ?1 AND cleared_at IS NULL"
                      "   AND digest IS NOT NULL AND (?2 IS NULL OR file = ?2)"),
      // Without an order, so that what was cleared is not read again: it is no longer in the index.
      open_of_file_(database,
                    "SELECT reject_no, bytes FROM rejects INDEXED BY rejects_open"
                    " WHERE cleared_at IS NULL AND digest IS NOT NULL AND file = ?1 LIMIT ?2"),
      open_of_any_file_(database,
                        "SELECT reject_no, bytes FROM rejects INDEXED BY rejects_open"
                        " WHERE cleared_at IS NULL AND digest IS NOT NULL LIMIT ?1"),
      clear_(database, "UPDATE rejects SET cleared_at = ? WHERE reject_no = ?"),
      add_action_(database, "INSERT INTO actions (verb, at, turn, note) VALUES (?, ?, ?, ?)") {}

Result<std::size_t> RejectQueue::queue(std::span<const RejectedLine> lines, const RejectCount& most,
                                       WallTime now) {
  for (std::size_t taken = 0; taken < lines.size(); ++taken) {
    const RejectedLine& line = lines[taken];
    if (line.first && partial_) drop_partial();  // its end never came
    if (line.first && line.last) {
      if (!add_whole(line, most, now)) return taken;
      continue;
    }
    DISPATCH_ASSIGN(const auto added, add_piece(line, most, now));
    if (!added) return taken;
  }
  return lines.size();
}

bool RejectQueue::add_whole(const RejectedLine& line, const RejectCount& most, WallTime now) {
  hash_.add(line.text);
  const Sha256 digest = hash_.finish();
  if (count_again(digest, line, now)) return true;
  if (!has_room(size_of(line.text), most)) return false;
  const auto no = begin(line, Blob{as_text(digest)}, size_of(line.text), now);
  add_text_.run(no, 0, Blob{line.text});
  opened(size_of(line.text));
  return true;
}

Result<bool> RejectQueue::add_piece(const RejectedLine& line, const RejectCount& most, WallTime now) {
  if (line.first) {
    std::vector<std::int64_t> left_behind;
    for (auto rows = stale_.rows(now - stale_after); rows.next();) left_behind.push_back(rows.integer(0));
    for (const auto no : left_behind) remove(no);
    partial_.emplace().no = begin(line, std::nullopt, 0, now);
  }
  if (!partial_) return fail("a piece of line {} of {} follows none; this is a bug", line.line, line.file);
  if (!has_room(partial_->bytes + size_of(line.text), most)) {
    drop_partial();
    return false;
  }
  add_text_.run(partial_->no, partial_->pieces++, Blob{line.text});
  partial_->bytes += size_of(line.text);
  partial_->hash.add(line.text);
  if (line.last) DISPATCH_TRY(end_partial(line, now));
  return true;
}

Result<> RejectQueue::end_partial(const RejectedLine& line, WallTime now) {
  const Sha256 digest = partial_->hash.finish();
  if (count_again(digest, line, now)) {
    drop_partial();
    return {};
  }
  if (complete_.run(Blob{as_text(digest)}, partial_->bytes, now, partial_->no) == 0)
    return fail("the beginning of line {} of {} is not in the journal any more; run again", line.line,
                line.file);
  opened(partial_->bytes);
  partial_.reset();
  return {};
}

std::int64_t RejectQueue::begin(const RejectedLine& line, std::optional<Blob> digest, std::int64_t bytes,
                                WallTime now) {
  auto rows = add_.rows(digest, line.file, line.line, line.reason, bytes, now);
  return rows.next() ? rows.integer(0) : 0;
}

bool RejectQueue::count_again(const Sha256& digest, const RejectedLine& line, WallTime now) {
  return count_again_.run(line.file, line.line, line.reason, now, Blob{as_text(digest)}) > 0;
}

void RejectQueue::opened(std::int64_t bytes) {
  any_open_ = true;
  if (!open_) return;
  ++open_->lines;
  open_->bytes += bytes;
}

void RejectQueue::drop_partial() {
  remove(partial_->no);
  partial_.reset();
}

void RejectQueue::remove(std::int64_t no) {
  remove_texts_.run(no);
  remove_.run(no);
}

bool RejectQueue::has_room(std::int64_t bytes, const RejectCount& most) {
  const RejectCount now = open();
  return now.lines < most.lines && now.bytes + bytes <= most.bytes;
}

void RejectQueue::unqueue(std::span<const std::string_view> texts) {
  if (!any_open()) return;
  for (const std::string_view text : texts) {
    hash_.add(text);
    std::int64_t no = 0;
    {
      const Sha256 digest = hash_.finish();
      auto rows = find_.rows(Blob{as_text(digest)});
      if (!rows.next()) continue;
      no = rows.integer(0);
      if (open_) {
        --open_->lines;
        open_->bytes -= rows.integer(1);
      }
    }
    remove(no);
    any_open_.reset();
  }
}

RejectCount RejectQueue::clear(const RejectSelection& which, WallTime now, std::int64_t most) {
  std::vector<std::int64_t> meant;
  RejectCount cleared;
  const auto choose = [&](Statement::Rows rows) {
    for (; rows.next(); ++cleared.lines) {
      meant.push_back(rows.integer(0));
      cleared.bytes += rows.integer(1);
    }
  };
  if (!which.numbers.empty()) {
    for (const auto no : std::set<std::int64_t>{which.numbers.begin(), which.numbers.end()})
      if (cleared.lines < most) choose(open_of_number_.rows(no, which.file));
  } else if (which.file) {
    choose(open_of_file_.rows(*which.file, most));
  } else {
    choose(open_of_any_file_.rows(most));
  }
  for (const auto no : meant) {
    remove_texts_.run(no);
    clear_.run(now, no);
  }
  if (meant.empty()) return cleared;
  look_again();
  add_action_.run(static_cast<std::int64_t>(Verb::rejects_cleared), now, turn_.number,
                  fmt::format("{}", cleared.lines));
  return cleared;
}

RejectCount RejectQueue::open() {
  if (!open_) {
    auto rows = count_open_.rows();
    rows.next();
    open_ = RejectCount{rows.integer(0), rows.integer(1)};
  }
  return *open_;
}

bool RejectQueue::any_open() {
  if (!any_open_) {
    auto rows = any_open_rows_.rows();
    rows.next();
    any_open_ = rows.integer(0) != 0;
  }
  return *any_open_;
}

void RejectQueue::look_again() {
  open_.reset();
  any_open_.reset();
}

void RejectQueue::forget() {
  look_again();
  partial_.reset();
}

}  // namespace dispatch::journal
