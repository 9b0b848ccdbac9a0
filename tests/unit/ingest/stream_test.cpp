#include "base/system/fd.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "unit/ingest/reading.hpp"

#include <array>
#include <chrono>
#include <filesystem>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// A pipe whose reading end has a path, as process substitution makes them.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    reading = Fd{ends[0]};
    writing = Fd{ends[1]};
  }
  std::string path() const { return "/dev/fd/" + std::to_string(reading.get()); }
  void write(std::string_view text) const {
    REQUIRE(::write(writing.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close() { writing = Fd{}; }

  Fd reading, writing;
};

/// Standard input for the time of a test.
class StandardInput {
 public:
  explicit StandardInput(int fd) : former_(dup(STDIN_FILENO)) { dup2(fd, STDIN_FILENO); }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;
  ~StandardInput() { dup2(former_.get(), STDIN_FILENO); }

 private:
  Fd former_;
};

}  // namespace

TEST_CASE("a batch is given as soon as complete lines are there and the writer is slow") {
  Pipe pipe;
  auto reader = ingest::Reader::open({pipe.path()}, {}, {});
  REQUIRE(reader.has_value());
  pipe.write("{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}\n{\"event");
  auto batch = reader->next();
  REQUIRE(batch.has_value());
  CHECK((*batch)->arrivals.size() == 2);
  pipe.write("_id\":\"c\"}\n");
  batch = reader->next();
  REQUIRE(batch.has_value());
  REQUIRE((*batch)->arrivals.size() == 1);
  CHECK((*batch)->arrivals[0].event_id == "c");
  pipe.write("{\"event_id\":\"d\"}");
  pipe.close();
  batch = reader->next();
  REQUIRE(batch.has_value());
  CHECK((*batch)->arrivals[0].event_id == "d");
  CHECK_FALSE((*reader->next()).has_value());
}

TEST_CASE("a stop ends the wait for a pipe at once") {
  Pipe pipe;
  std::stop_source stop;
  auto reader = ingest::Reader::open({pipe.path()}, {}, stop.get_token());
  REQUIRE(reader.has_value());
  pipe.write("{\"event_id\":\"whole\"}\n{\"event_id\":\"half");
  CHECK((*reader->next())->arrivals.size() == 1);
  auto waiting = std::async(std::launch::async, [&] { return reader->next(); });
  stop.request_stop();
  REQUIRE(waiting.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
  const auto batch = waiting.get();
  REQUIRE(batch.has_value());
  CHECK_FALSE(batch->has_value());
  CHECK_FALSE(reader->next()->has_value());
}

TEST_CASE("a stop within gzip data is no truncation") {
  Pipe pipe;
  std::stop_source stop;
  auto reader = ingest::Reader::open({pipe.path()}, {}, stop.get_token());
  REQUIRE(reader.has_value());
  pipe.write("\x1f\x8b\x08");
  auto waiting = std::async(std::launch::async, [&] { return reader->next(); });
  stop.request_stop();
  REQUIRE(waiting.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
  const auto batch = waiting.get();
  REQUIRE(batch.has_value());
  CHECK_FALSE(batch->has_value());
}

TEST_CASE("a stop ends the wait for the first writer of a named pipe") {
  const TempDir dir;
  const auto path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::stop_source stop;
  auto reader = ingest::Reader::open({path}, {}, stop.get_token());
  REQUIRE(reader.has_value());
  auto waiting = std::async(std::launch::async, [&] { return reader->next(); });
  stop.request_stop();
  REQUIRE(waiting.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
  CHECK_FALSE(waiting.get()->has_value());
}

TEST_CASE("a named pipe is read from its first writer to its end") {
  const TempDir dir;
  const auto path = dir / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  std::jthread writer{[&] { dir.write("pipe", "{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}\n"); }};
  const auto read = read_files({path});
  CHECK(!read.error);
  CHECK(read.events.size() == 2);
}

TEST_CASE("standard input may be a pipe") {
  Pipe pipe;
  const StandardInput input{pipe.reading.get()};
  pipe.write("{\"event_id\":\"a\"}\nbad\n");
  pipe.close();
  const auto read = read_files({"-"});
  REQUIRE(read.events.size() == 1);
  CHECK(read.origins[0].name() == "-");
  REQUIRE(read.rejects.size() == 1);
  CHECK(ingest::describe(read.rejects[0]) ==
        "standard input, line 2: not JSON: the line ends early, or brackets, commas, "
        "colons or quotes do not fit together");
}

TEST_CASE("standard input may be a file") {
  const TempDir dir;
  const std::string path = dir.write("a.jsonl", "{\"event_id\":\"a\"}");
  const Fd file{open(path.c_str(), O_RDONLY)};
  const StandardInput input{file.get()};
  CHECK(read_files({"-"}).events.size() == 1);
}

TEST_CASE("nothing is read after a stop") {
  const TempDir dir;
  std::stop_source stop;
  auto reader = ingest::Reader::open({dir.write("a.jsonl", "{\"event_id\":\"a\"}")}, {}, stop.get_token());
  stop.request_stop();
  CHECK_FALSE(reader->next()->has_value());
}

TEST_CASE("a reader that was stopped has not finished and one that came to the ends of its inputs has") {
  const TempDir dir;
  const auto a = dir.write("a.jsonl", "{\"event_id\":\"a\"}\n");
  const auto b = dir.write("b.jsonl", "{\"event_id\":\"b\"}\n{\"event_id\":\"c\"}\n");
  ingest::ReaderOptions options;
  options.batch_events = 2;
  std::stop_source stop;
  auto reader = ingest::Reader::open({a, b, a}, options, stop.get_token());
  REQUIRE(reader.has_value());
  const auto batch = reader->next();
  REQUIRE(batch->has_value());
  CHECK((*batch)->arrivals.size() == 2);
  CHECK((*batch)->inputs_done == 1);
  stop.request_stop();
  CHECK_FALSE(reader->next()->has_value());
  CHECK_FALSE(reader->finished());

  auto whole = ingest::Reader::open({a, b}, options, {});
  std::size_t done = 0;
  while (auto next = whole->next().value()) done = next->inputs_done;
  CHECK(done == 2);
  CHECK(whole->finished());
}

TEST_CASE("a stop ends a look at a file whose first line is far") {
  const TempDir dir;
  const auto path = dir.write("sparse.log", "");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
  std::stop_source stop;
  auto opening = std::async(std::launch::async, [&] {
    auto reader = ingest::Reader::open({path}, {}, stop.get_token());
    return reader.has_value() && !reader->next()->has_value() && !reader->finished();
  });
  CHECK(opening.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout);
  stop.request_stop();
  REQUIRE(opening.wait_for(std::chrono::seconds{30}) == std::future_status::ready);
  CHECK(opening.get());
}

TEST_CASE("the last text of a sequence comes without waiting for what follows it") {
  Pipe pipe;
  std::stop_source stop;
  auto reader = ingest::Reader::open({pipe.path()}, {}, stop.get_token());
  REQUIRE(reader.has_value());
  for (const std::string id : {"a", "b"}) {
    pipe.write("\x1E{\n\"event_id\": \"" + id + "\"}\n");
    auto waiting = std::async(std::launch::async, [&] { return reader->next(); });
    const bool came = waiting.wait_for(std::chrono::seconds{30}) == std::future_status::ready;
    if (!came) stop.request_stop();
    REQUIRE(came);
    const auto batch = waiting.get();
    REQUIRE((*batch)->arrivals.size() == 1);
    CHECK((*batch)->arrivals[0].event_id == id);
  }
}
