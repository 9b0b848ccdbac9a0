// What an event source keeps, wherever its events come from.

#include "base/system/fd.hpp"
#include "ingest/event_source.hpp"
#include "ingest/reader.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/memory_event_source.hpp"
#include "support/told_verdicts.hpp"

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Messages = std::vector<std::string>;

std::string joined(const Messages& messages) {
  std::string text;
  for (const auto& message : messages) text += message + "\n";
  return text;
}

std::unique_ptr<ingest::EventSource> reader_of(const std::string& path, std::stop_token stop) {
  ingest::ReaderOptions options;
  options.batch_events = 2;
  return std::make_unique<ingest::Reader>(
      ingest::Reader::open({path}, std::move(options), std::move(stop)).value());
}

/// A file, which holds all that was put in when the source is first asked for.
class FileEvents {
 public:
  static constexpr bool can_wait = false;

  void put(const Messages& messages) { text_ += joined(messages); }
  void end() {}
  void stop() { stop_.request_stop(); }
  ingest::EventSource& source() {
    if (!source_) source_ = reader_of(directory_.write("events.jsonl", text_), stop_.get_token());
    return *source_;
  }
  void drop() { source_.reset(); }

 private:
  TempDir directory_;
  std::string text_;
  std::stop_source stop_;
  std::unique_ptr<ingest::EventSource> source_;
};

/// A pipe, as process substitution makes them.
class PipedEvents {
 public:
  static constexpr bool can_wait = true;

  PipedEvents() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    reading_ = Fd{ends[0]};
    writing_ = Fd{ends[1]};
  }
  void put(const Messages& messages) {
    const auto text = joined(messages);
    REQUIRE(::write(writing_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void end() { writing_ = Fd{}; }
  void stop() { stop_.request_stop(); }
  ingest::EventSource& source() {
    if (!source_) source_ = reader_of("/dev/fd/" + std::to_string(reading_.get()), stop_.get_token());
    return *source_;
  }
  void drop() { source_.reset(); }

 private:
  Fd reading_, writing_;
  std::stop_source stop_;
  std::unique_ptr<ingest::EventSource> source_;
};

class MemoryEvents {
 public:
  static constexpr bool can_wait = true;

  void put(const Messages& messages) { source_->put(messages); }
  void end() { source_->end(); }
  void stop() { source_->stop(); }
  ingest::EventSource& source() { return *source_; }
  void drop() { source_.reset(); }

 private:
  std::unique_ptr<MemoryEventSource> source_ = std::make_unique<MemoryEventSource>();
};

/// The same, with a receipt for each event.
class AwaitedEvents {
 public:
  static constexpr bool can_wait = true;

  void put(const Messages& messages) { source_->put(messages); }
  void end() { source_->end(); }
  void stop() { source_->stop(); }
  ingest::EventSource& source() { return *source_; }
  void drop() { source_.reset(); }

 private:
  std::unique_ptr<MemoryEventSource> source_ =
      std::make_unique<MemoryEventSource>(std::make_shared<ToldVerdicts>());
};

// Another implementation is added here.
#define EVENT_SOURCES FileEvents, PipedEvents, MemoryEvents, AwaitedEvents

std::string event(const std::string& id) {
  return R"({"event_id":")" + id + R"(","payload":{"of":")" + id + "\"}}";
}

std::vector<ingest::Batch> all_of(ingest::EventSource& source) {
  std::vector<ingest::Batch> batches;
  while (auto batch = source.next().value()) batches.push_back(std::move(*batch));
  return batches;
}

}  // namespace

TEST_CASE_TEMPLATE("an event source gives each event once and in order and says where it came from", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  const Messages messages{event("a"), event("b"), "no event", event("c"), event("d")};
  subject.put(messages);
  subject.end();
  std::vector<std::string> ids, texts, rejected;
  std::optional<ingest::Origin> last;
  for (const auto& batch : all_of(subject.source())) {
    REQUIRE(batch.origins.size() == batch.arrivals.size());
    for (std::size_t i = 0; i < batch.arrivals.size(); ++i) {
      const auto& origin = batch.origins[i];
      ids.emplace_back(batch.arrivals[i].event_id);
      texts.emplace_back(origin.text);
      CHECK_FALSE(origin.name().empty());
      CHECK(batch.arrivals[i].input == origin.from->recorded);
      if (last) CHECK(stands_before(*last, origin));
      last = origin;
    }
    for (const auto& reject : batch.rejects) {
      rejected.emplace_back(reject.origin.text);
      CHECK_FALSE(reject.reason.empty());
      CHECK(describe(reject).starts_with(describe(reject.origin) + ": "));
      CHECK((reject.first && reject.last));
    }
  }
  CHECK(ids == std::vector<std::string>{"a", "b", "c", "d"});
  CHECK(texts == Messages{messages[0], messages[1], messages[3], messages[4]});
  CHECK(rejected == Messages{messages[2]});
}

TEST_CASE_TEMPLATE("an event source has finished when nothing of it is left and gives nothing more", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a")});
  subject.end();
  auto& source = subject.source();
  CHECK_FALSE(source.finished());
  CHECK(all_of(source).size() == 1);
  CHECK(source.finished());
  CHECK_FALSE(source.next().value());
  CHECK(source.finished());
}

TEST_CASE_TEMPLATE("the cursors of an event source grow from batch to batch", Subject, EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a"), event("b")});
  subject.put({event("c"), event("d")});
  subject.put({event("e")});
  subject.end();
  const auto batches = all_of(subject.source());
  REQUIRE(batches.size() >= 2);
  for (std::size_t i = 1; i < batches.size(); ++i) CHECK(batches[i - 1].cursor < batches[i].cursor);
}

TEST_CASE_TEMPLATE("a batch of an event source stays valid when it is moved and its source is gone", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a"), event("b")});
  subject.end();
  auto batches = all_of(subject.source());
  subject.drop();
  const ingest::Batch moved = std::move(batches.at(0));
  CHECK(moved.arrivals.at(0).event_id == "a");
  CHECK(moved.arrivals.at(0).payload == R"({"of":"a"})");
  CHECK(moved.origins.at(0).text == event("a"));
  CHECK(moved.arrivals.at(0).input == moved.origins.at(0).from->recorded);
}

TEST_CASE_TEMPLATE("an event source that is stopped gives nothing more and has not finished", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a"), event("b")});
  subject.put({event("c")});
  auto& source = subject.source();
  REQUIRE(source.next().value());
  subject.stop();
  CHECK_FALSE(source.next().value());
  CHECK_FALSE(source.finished());
}

TEST_CASE_TEMPLATE("a stop ends the wait of an event source", Subject, EVENT_SOURCES) {
  if (!Subject::can_wait) return;
  Subject subject;
  auto& source = subject.source();
  auto waiting = std::async(std::launch::async, [&] { return source.next(); });
  subject.stop();
  REQUIRE(waiting.wait_for(30s) == std::future_status::ready);
  CHECK_FALSE(waiting.get().value());
  CHECK_FALSE(source.finished());
}

TEST_CASE_TEMPLATE("an event source says whether its next event may be long in coming", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  CHECK(subject.source().may_stay_open() == Subject::can_wait);
}

TEST_CASE_TEMPLATE("another thread tells an event source how far it is durable while it waits", Subject,
                   EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a"), event("b")});
  if (!Subject::can_wait) subject.put({event("c")});
  auto& source = subject.source();
  const auto cursor = source.next().value()->cursor;
  auto waiting = std::async(std::launch::async, [&] { return source.next(); });
  source.committed(cursor);
  if (Subject::can_wait) subject.put({event("c")});
  REQUIRE(waiting.wait_for(30s) == std::future_status::ready);
  const auto batch = waiting.get().value();
  REQUIRE(batch);
  CHECK(batch->arrivals.at(0).event_id == "c");
}

TEST_CASE_TEMPLATE("an event source gives a receipt for every event or for none", Subject, EVENT_SOURCES) {
  Subject subject;
  subject.put({event("a"), event("b")});
  subject.put({"no event", event("c")});
  subject.end();
  std::size_t events = 0, receipts = 0;
  for (const auto& batch : all_of(subject.source())) {
    CHECK((batch.receipts.empty() || batch.receipts.size() == batch.arrivals.size()));
    events += batch.arrivals.size() + batch.rejects.size();
    for (const auto& receipt : batch.receipts) receipts += static_cast<bool>(receipt);
    for (const auto& reject : batch.rejects) receipts += static_cast<bool>(reject.receipt);
  }
  CHECK(events == 4);
  CHECK((receipts == 0 || receipts == events));
}
