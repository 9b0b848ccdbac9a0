#include "ingest/reading.hpp"
#include "ingest/source_gzip.hpp"

#include <array>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <zlib.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in{text};
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// All that the source of `bytes` gives, read `size` bytes at a time.
Result<std::string> drain(std::string bytes, std::size_t step, std::size_t size = 10'000) {
  const auto source = ingest::decompressed(std::make_unique<TrickleSource>(std::move(bytes), step));
  std::string text, buffer(size, '\0');
  while (true) {
    const auto got = source->read(buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return text;
    text += buffer.substr(0, *got);
  }
}

std::string noise(std::size_t size) {
  std::string text;
  for (unsigned state = 1; text.size() < size; state = state * 1664525 + 1013904223)
    text += static_cast<char>(state >> 24);
  return text;
}

}  // namespace

TEST_CASE("gzip is recognised by its content and read like the text in it") {
  const TempDir dir;
  const auto read =
      read_files({dir.write("events.jsonl", gzip("{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}"))});
  REQUIRE(read.events.size() == 2);
  CHECK(read.events[1].event_id == "b");
}

TEST_CASE("several gzip members are one text however the bytes arrive") {
  const std::string first = noise(100'000), second = "", third = std::string(1'000'000, 'x');
  for (const std::size_t step : {1, 7, 4096, 10'000'000}) {
    CAPTURE(step);
    const auto text = drain(gzip(first) + gzip(second) + gzip(third), step);
    REQUIRE(text.has_value());
    CHECK((*text == first + second + third));
  }
}

TEST_CASE("what is not gzip passes unchanged however short") {
  for (const std::string bytes : {"", "a", "\x1f", "\x1f{", "{\"event_id\":\"a\"}\n"})
    for (const std::size_t step : {1, 2, 1000}) CHECK(drain(bytes, step, 3) == bytes);
}

TEST_CASE("truncated gzip is an error that names file and byte after the lines before it") {
  const TempDir dir;
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += "{\"event_id\":\"" + std::to_string(i * 7919) + "\"}\n";
  const auto whole = gzip(lines);
  const auto path = dir.write("events.jsonl.gz", whole.substr(0, whole.size() / 2));
  const auto read = read_files({path});
  CHECK(read.events.size() > 500);
  CHECK(read.rejects.empty());
  REQUIRE(read.error);
  CHECK(read.error->message == path + " is truncated: the gzip data ends at byte " +
                                   std::to_string(whole.size() / 2) +
                                   " before it is complete; fetch the file again");
}

TEST_CASE("gzip that ends within its last checksum is truncated") {
  const auto whole = gzip("text");
  for (std::size_t size = 2; size < whole.size(); ++size) {
    const auto text = drain(whole.substr(0, size), 1);
    REQUIRE_FALSE(text.has_value());
    CHECK(text.error().message.find("is truncated") != std::string::npos);
  }
}

TEST_CASE("corrupt gzip is an error that names file and byte") {
  auto bytes = gzip(noise(10'000));
  bytes[bytes.size() - 6] ^= 1;  // the checksum
  const auto text = drain(bytes, 1000);
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().message == "trickle is corrupt: the gzip data is wrong near byte " +
                                    std::to_string(bytes.size() - 4) +
                                    " (incorrect data check); fetch the file again");
}

TEST_CASE("bytes behind the end of gzip data are an error") {
  const auto text = drain(gzip("text") + "garbage", 1000);
  REQUIRE_FALSE(text.has_value());
  CHECK(text.error().message.find("is corrupt") != std::string::npos);
}
