// What a sink of rejects keeps, wherever it keeps it.

#include "flow/intake/journal_rejects.hpp"
#include "ingest/rejects/reject_sink.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/memory_reject_sink.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

using AllKept = std::vector<KeptReject>;

/// A sink that may hold `lines` and `bytes` of texts, and what it has kept when it is finished.
class FileRejects {
 public:
  FileRejects(std::size_t lines, std::size_t bytes) : file_(directory_ / "rejects", {lines, bytes}) {}
  ingest::RejectSink& sink() { return file_; }
  AllKept kept() {
    AllKept all;
    if (!std::filesystem::exists(directory_ / "rejects")) return all;
    simdjson::dom::parser parser;
    for (const auto record : parser.load_many(directory_ / "rejects")) {
      const auto text_of = [&](const char* name) { return std::string{record[name].get_string().value()}; };
      all.push_back(
          {text_of("file"), record["line"].get_uint64().value(), text_of("reason"), text_of("text")});
    }
    return all;
  }

 private:
  TempDir directory_;
  ingest::RejectsFile file_;
};

class QueuedRejects {
 public:
  QueuedRejects(std::size_t lines, std::size_t bytes)
      : sink_(*transaction_,
              {.lines = static_cast<std::int64_t>(lines), .bytes = static_cast<std::int64_t>(bytes)},
              WallTime{}) {}
  ingest::RejectSink& sink() { return sink_; }
  AllKept kept() {
    AllKept all;
    REQUIRE(transaction_->commit());
    const auto reader = journal::SqliteReader::open(path_).value();
    const auto read = reader.rejects({}, true, [&](const journal::RejectedRecord& record) {
      auto& one = all.emplace_back(KeptReject{record.file, record.line, record.reason, {}});
      const auto text = reader.reject_text(record.number, [&](std::string_view piece) {
        one.text += piece;
        return true;
      });
      REQUIRE(text);
      return true;
    });
    REQUIRE(read);
    return all;
  }

 private:
  TempDir directory_;
  const std::string path_ = directory_ / "journal.db";
  std::unique_ptr<journal::SqliteJournal> journal_ = journal::SqliteJournal::open(path_, {}).value();
  std::unique_ptr<journal::Transaction> transaction_ = journal_->begin().value();
  flow::JournalRejects sink_;
};

class RememberedRejects {
 public:
  RememberedRejects(std::size_t lines, std::size_t bytes) : sink_(lines, bytes) {}
  ingest::RejectSink& sink() { return sink_; }
  AllKept kept() const { return sink_.kept(); }

 private:
  MemoryRejectSink sink_;
};

// Another implementation is added here.
#define REJECT_SINKS FileRejects, QueuedRejects, RememberedRejects

ingest::Reject rejected(std::uint64_t number, std::string_view text, bool first = true, bool last = true) {
  static const auto name = std::make_shared<const ingest::InputName>(ingest::InputName{"in.jsonl", {}});
  return {{name, number, text}, "not JSON", first, last};
}

/// How many of `rejects` the sink keeps.
template <class... Rejects>
std::size_t keep(ingest::RejectSink& sink, Rejects... rejects) {
  std::vector<ingest::Reject> all;
  (all.push_back(std::move(rejects)), ...);
  const auto kept = sink.keep(all);
  REQUIRE(kept);
  return *kept;
}

void finish(ingest::RejectSink& sink) {
  REQUIRE(sink.flush());
  REQUIRE(sink.finish());
}

}  // namespace

TEST_CASE_TEMPLATE("a reject sink keeps rejects in their order with origin and reason and text", Subject,
                   REJECT_SINKS) {
  Subject subject{100, 1000};
  CHECK(keep(subject.sink(), rejected(3, "{\"a\":"), rejected(5, "\u00e9 \\ \"")) == 2);
  CHECK(keep(subject.sink(), rejected(9, "third")) == 1);
  finish(subject.sink());
  CHECK(subject.kept() == AllKept{{"in.jsonl", 3, "not JSON", "{\"a\":"},
                                  {"in.jsonl", 5, "not JSON", "\u00e9 \\ \""},
                                  {"in.jsonl", 9, "not JSON", "third"}});
}

TEST_CASE_TEMPLATE("a reject sink joins the pieces of a line", Subject, REJECT_SINKS) {
  Subject subject{100, 1000};
  CHECK(keep(subject.sink(), rejected(3, "begin, ", true, false), rejected(3, "middle, ", false, false)) ==
        2);
  REQUIRE(subject.sink().flush());
  CHECK(keep(subject.sink(), rejected(3, "end", false, true), rejected(4, "next")) == 2);
  finish(subject.sink());
  CHECK(subject.kept() ==
        AllKept{{"in.jsonl", 3, "not JSON", "begin, middle, end"}, {"in.jsonl", 4, "not JSON", "next"}});
}

TEST_CASE_TEMPLATE("a reject sink keeps no more lines than it may and nothing behind them", Subject,
                   REJECT_SINKS) {
  Subject subject{2, 1000};
  CHECK(keep(subject.sink(), rejected(1, "a"), rejected(2, "b"), rejected(3, "c"), rejected(4, "d")) == 2);
  finish(subject.sink());
  CHECK(subject.kept() == AllKept{{"in.jsonl", 1, "not JSON", "a"}, {"in.jsonl", 2, "not JSON", "b"}});
}

TEST_CASE_TEMPLATE("a reject sink keeps no more bytes than it may and nothing behind them", Subject,
                   REJECT_SINKS) {
  Subject subject{100, 5};
  CHECK(keep(subject.sink(), rejected(1, "abc"), rejected(2, "def"), rejected(3, "g")) == 1);
  finish(subject.sink());
  CHECK(subject.kept() == AllKept{{"in.jsonl", 1, "not JSON", "abc"}});
}

TEST_CASE_TEMPLATE("a reject sink that was given nothing has nothing to bring to the disk", Subject,
                   REJECT_SINKS) {
  Subject subject{100, 1000};
  CHECK(keep(subject.sink()) == 0);
  finish(subject.sink());
  CHECK(subject.kept().empty());
}

TEST_CASE_TEMPLATE("a line whose last piece never came costs a reject sink nothing else", Subject,
                   REJECT_SINKS) {
  Subject subject{100, 1000};
  CHECK(keep(subject.sink(), rejected(1, "whole"), rejected(2, "begun", true, false)) == 2);
  finish(subject.sink());
  const auto kept = subject.kept();
  REQUIRE_FALSE(kept.empty());
  CHECK(kept.front() == KeptReject{"in.jsonl", 1, "not JSON", "whole"});
}
