#include "unit/ingest/reading.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <malloc.h>
#include <sys/stat.h>

using namespace dispatch;
using namespace dispatch::test;

TEST_CASE("files are read one after the other with their names and line numbers") {
  const TempDir dir;
  const auto first = dir.write("a.jsonl", "{\"event_id\":\"a1\"}\n\n{\"event_id\":\"a3\"}");
  const auto empty = dir.write("empty.jsonl", "");
  const auto second = dir.write("b.jsonl", "{\"event_id\":\"b1\"}\nbad\n");
  const auto read = read_files({first, empty, second});
  REQUIRE(read.events.size() == 3);
  CHECK(read.origins[1].name() == first);
  CHECK(read.origins[1].number == 3);
  CHECK(read.origins[2].name() == second);
  CHECK(read.origins[2].number == 1);
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].origin.name() == second);
  CHECK(read.rejects[0].origin.number == 2);
}

TEST_CASE("a missing file is misuse before anything is read") {
  const TempDir dir;
  const auto there = dir.write("a.jsonl", "{\"event_id\":\"a1\"}\n");
  const auto reader = ingest::Reader::open({there, dir / "missing.jsonl"}, {}, {});
  REQUIRE_FALSE(reader.has_value());
  CHECK(reader.error().failure == Failure::usage);
  CHECK(reader.error().message ==
        "cannot open " + (dir / "missing.jsonl") + ": No such file or directory; nothing was read or sent");
}

TEST_CASE("a directory and a second standard input are misuse") {
  const TempDir dir;
  CHECK(ingest::Reader::open({dir.path()}, {}, {}).error().failure == Failure::usage);
  CHECK(ingest::Reader::open({"-", "-"}, {}, {}).error().failure == Failure::usage);
}

TEST_CASE("an input that became an output after the check is misuse and not read") {
  const TempDir dir;
  const auto first = dir.write("a.jsonl", "{\"event_id\":\"a1\"}\n");
  const auto second = dir.write("b.jsonl", "{\"event_id\":\"b1\"}\n");
  FileRoles files;
  for (const auto& input : {first, second}) files.add_input(input, "input");
  files.add_output(dir / "rejects", "rejects file", "name another with --rejects");
  ingest::ReaderOptions options;
  options.files = &files;
  auto reader = ingest::Reader::open({first, second}, options, {});
  REQUIRE(reader.has_value());
  std::filesystem::rename(second, dir / "rejects");
  std::filesystem::create_hard_link(dir / "rejects", second);
  std::vector<std::string> events;
  auto batch = reader->next();
  for (; batch.has_value() && *batch; batch = reader->next())
    for (const auto& arrival : (*batch)->arrivals) events.emplace_back(arrival.event_id);
  CHECK(events == std::vector<std::string>{"a1"});
  REQUIRE_FALSE(batch.has_value());
  CHECK(batch.error().failure == Failure::usage);
}

TEST_CASE("a file that vanishes after the check is told and the next one is read") {
  const TempDir dir;
  const auto first = dir.write("a.jsonl", "{\"event_id\":\"a1\"}\n");
  const auto second = dir.write("b.jsonl", "{\"event_id\":\"b1\"}\n");
  const auto third = dir.write("c.jsonl", "{\"event_id\":\"c1\"}\n");
  auto reader = ingest::Reader::open({first, second, third}, {}, {});
  REQUIRE(reader.has_value());
  std::filesystem::remove(second);
  std::vector<std::string> events;
  std::vector<ingest::UnreadInput> unread;
  while (auto batch = reader->next().value()) {
    for (const auto& arrival : batch->arrivals) events.emplace_back(arrival.event_id);
    unread.insert(unread.end(), batch->unread.begin(), batch->unread.end());
  }
  CHECK(events == std::vector<std::string>{"a1", "c1"});
  REQUIRE(unread.size() == 1);
  CHECK(unread[0].file == second);
  CHECK(unread[0].after_line == 0);
  CHECK(unread[0].why == "cannot open " + second + ": No such file or directory");
}

TEST_CASE("a damaged file is read to its damage and the files after it are read") {
  const TempDir dir;
  const auto first =
      dir.write("a.jsonl.gz", std::string{"\x1f\x8b\x08\0\0\0\0\0\0\3 this is no deflate data", 32});
  const auto second = dir.write("b.jsonl", "{\"event_id\":\"b1\"}\n");
  const auto read = read_files({first, second});
  CHECK_FALSE(read.error);
  CHECK(read.events.size() == 1);
  REQUIRE(read.unread.size() == 1);
  CHECK(read.unread[0].file == first);
}

TEST_CASE("a line knows which input it was read from also where a record says where it came from") {
  const TempDir dir;
  const auto first = dir.write("a.jsonl", "\n");
  const auto second = dir.write(
      "b.jsonl",
      "\n{\"file\":\"first\",\"line\":7,\"reason\":\"\",\"text\":\"{\\\"event_id\\\":\\\"e\\\"}\"}\n");
  const auto read = read_files({first, second});
  REQUIRE(read.origins.size() == 1);
  CHECK(read.origins[0].name() == "first");
  CHECK(read.origins[0].input == 1);
  CHECK(read.origins[0].input_number == 2);
  CHECK(read.batches.back().inputs->at(1) == second);
}

TEST_CASE("batches are closed at their limits of lines and of bytes") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"event_id\":\"" + std::to_string(1000 + i) + "\"}\n";
  ingest::ReaderOptions by_lines;
  by_lines.batch_events = 300;
  const auto lines = read_text(text, by_lines);
  CHECK(lines.events.size() == 1000);
  REQUIRE(lines.batches.size() == 4);
  CHECK(lines.batches[0].arrivals.size() == 300);
  ingest::ReaderOptions by_bytes;
  by_bytes.batch_bytes = 200;
  const auto bytes = read_text(text, by_bytes);
  CHECK(bytes.events.size() == 1000);
  CHECK(bytes.batches[0].arrivals.size() == 10);
  CHECK(bytes.bytes == text.size());
}

TEST_CASE("a batch stays valid when it is moved and its reader is gone") {
  const TempDir dir;
  ingest::Batch batch;
  {
    auto reader =
        ingest::Reader::open({dir.write("a.jsonl", R"({"event_id":"\u0061","payload":"p"})")}, {}, {});
    batch = std::move(**reader->next());
  }
  const ingest::Batch moved = std::move(batch);
  CHECK(moved.arrivals[0].event_id == "a");
  CHECK(moved.arrivals[0].payload == "\"p\"");
  CHECK(moved.origins[0].name() == dir / "a.jsonl");
}

TEST_CASE("a line over the limit comes in pieces and loses no byte") {
  const std::string line = "{\"event_id\":\"" + std::string(3'000'000, 'x') + "\"}";
  ingest::ReaderOptions options;
  options.line_most = 100'000;
  const auto read = read_text("{\"event_id\":\"a\"}\n" + line + "\n{\"event_id\":\"b\"}\n", options);
  CHECK(read.events.size() == 2);
  REQUIRE(read.rejects.size() > 2);
  std::string joined;
  for (std::size_t i = 0; i < read.rejects.size(); ++i) {
    CHECK(read.rejects[i].first == (i == 0));
    CHECK(read.rejects[i].last == (i + 1 == read.rejects.size()));
    CHECK(read.rejects[i].origin.number == 2);
    joined += read.rejects[i].origin.text;
  }
  CHECK((joined == line));
}

TEST_CASE("a large file is read in memory that does not follow its size") {
  const TempDir dir;
  const auto path = dir / "large.jsonl";
  {
    std::ofstream file{path, std::ios::binary};
    const std::string rest = R"(","payload":")" + std::string(1000, 'x') + "\"}\n";
    for (int i = 0; i < 100'000; ++i) file << R"({"event_id":")" << i << rest;
  }
  auto reader = ingest::Reader::open({path}, {}, {});
  REQUIRE(reader.has_value());
  std::size_t events = 0, most = 0;
  while (true) {
    const auto batch = reader->next();
    REQUIRE(batch.has_value());
    if (!*batch) break;
    events += (*batch)->arrivals.size();
    const auto heap = mallinfo2();
    most = std::max(most, heap.uordblks + heap.hblkhd);
  }
  CHECK(events == 100'000);
  CHECK(most < 8 * 1024 * 1024);
}
