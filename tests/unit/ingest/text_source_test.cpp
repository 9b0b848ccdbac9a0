// Compressed input, UTF-16, and what a truncated log begins with: bytes to text.

#include "ingest/source/text_source.hpp"

#include "support/compress.hpp"
#include "support/pieces_source.hpp"
#include "unit/ingest/reading.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

struct Drained {
  std::string text;
  std::vector<std::string> warnings;
  std::string error;
  bool operator==(const Drained&) const = default;
};

/// All that the text source of `bytes` gives, which come `step` at a time and are read `size` at a time.
Drained drain(std::string bytes, std::size_t step = 1000, std::size_t size = 10'000) {
  Drained drained;
  ingest::TextSource source{std::make_unique<PiecesSource>(std::move(bytes), step),
                            [&](std::string message) { drained.warnings.push_back(std::move(message)); }};
  std::string buffer(size, '\0');
  while (true) {
    if (step % 2 == 0) source.ready();
    const auto got = source.read(buffer);
    if (!got) {
      drained.error = got.error().message;
      CHECK_FALSE(source.read(buffer).has_value());
      return drained;
    }
    if (*got == 0) return drained;
    drained.text += buffer.substr(0, *got);
  }
}

std::string noise(std::size_t size) {
  std::string text;
  for (unsigned state = 1; text.size() < size; state = state * 1664525 + 1013904223)
    text += static_cast<char>(state >> 24);
  return text;
}

const std::vector<std::size_t> steps{1, 7, 4096, 10'000'000};

}  // namespace

TEST_CASE("compressed files are recognised by their content and read like the text in them") {
  const TempDir dir;
  for (const Codec codec : codecs) {
    CAPTURE(name_of(codec));
    const auto read = read_files(
        {dir.write("events.jsonl", compress(codec, "{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}"))});
    REQUIRE(read.events.size() == 2);
    CHECK(read.events[1].event_id == "b");
    CHECK(read.origins[1].number == 2);
  }
}

TEST_CASE("several members are one text however the bytes arrive") {
  const std::string first = noise(100'000), third = std::string(1'000'000, 'x');
  for (const Codec codec : codecs)
    for (const std::size_t step : steps) {
      CAPTURE(name_of(codec));
      CAPTURE(step);
      const auto drained = drain(compress(codec, first) + compress(codec, "") + compress(codec, third), step);
      CHECK((drained.text == first + third));
      CHECK(drained.error == "");
      CHECK(drained.warnings.empty());
    }
}

TEST_CASE("a zstd frame that is to be skipped is skipped wherever it stands") {
  using std::string_literals::operator""s;
  const std::string skipped = "\x53\x2A\x4D\x18\x03\0\0\0abc"s;
  const std::string frame = compress(Codec::zstd, "text");
  for (const std::size_t step : steps) {
    CHECK(drain(skipped + frame, step) == Drained{"text", {}, ""});
    CHECK(drain(frame + skipped + frame, step) == Drained{"texttext", {}, ""});
    CHECK(drain(frame + skipped, step) == Drained{"text", {}, ""});
  }
}

TEST_CASE("what is not compressed passes unchanged however short") {
  using std::string_literals::operator""s;
  for (const std::string& bytes :
       {""s, "a"s, "\x1f"s, "\x1f{"s, "\x28"s, "\x28\xb5\x2f"s, "BZ"s, "BZh9 is no digit of pi"s, "P*"s, "Q"s,
        "\xfd"s
        "7zXZ"s,
        "\xfe"s, "\xff"s, "\xff\xfe\0\0a\0\0\0"s, "{\"event_id\":\"a\"}\n"s})
    for (const std::size_t step : {1, 2, 1000}) {
      CAPTURE(bytes);
      CHECK(drain(bytes, step, 3) == Drained{bytes, {}, ""});
    }
}

TEST_CASE("input is decompressed as often as it was compressed but not without end") {
  std::string bytes = "text";
  for (const Codec codec : {Codec::xz, Codec::gzip, Codec::zstd}) bytes = compress(codec, bytes);
  ingest::TextSource source{std::make_unique<PiecesSource>(bytes, 5), [](const std::string&) {}};
  std::string buffer(100, '\0'), text;
  while (const std::size_t got = source.read(buffer).value()) text += buffer.substr(0, got);
  CHECK(text == "text");
  CHECK(source.commands() == std::vector<std::string_view>{"zstd -dc", "gzip -dc", "xz -dc"});
  CHECK((drain(compress(Codec::gzip, bytes)).text == compress(Codec::xz, "text")));
}

TEST_CASE("zero bytes behind compressed data are padding") {
  for (const Codec codec : codecs)
    for (const std::size_t step : steps)
      for (const std::size_t padding : {1, 4, 511, 1'000'000}) {
        const auto member = compress(codec, "text");
        CHECK(drain(member + std::string(padding, '\0'), step) == Drained{"text", {}, ""});
        CHECK(drain(member + std::string(padding, '\0') + member, step) == Drained{"texttext", {}, ""});
      }
}

TEST_CASE("other bytes behind compressed data are left unread with a warning") {
  for (const Codec codec : codecs)
    for (const std::size_t step : steps) {
      const auto member = compress(codec, "text");
      const auto drained = drain(member + std::string(3, '\0') + "garbage", step);
      CHECK(drained.text == "text");
      CHECK(drained.error == "");
      REQUIRE(drained.warnings.size() == 1);
      CHECK(drained.warnings[0] ==
            fmt::format("pieces: the {0} data ends at byte {1}; the rest is neither {0} nor padding "
                        "and was not read",
                        name_of(codec), member.size() + 3));
    }
}

TEST_CASE("a file whose compressed data has garbage behind it is read and the batch says so") {
  const TempDir dir;
  const auto path = dir.write("events.gz", compress(Codec::gzip, "{\"event_id\":\"a\"}\n") + "garbage");
  const auto read = read_files({path});
  CHECK(!read.error);
  CHECK(read.events.size() == 1);
  REQUIRE(read.warnings.size() == 1);
  CHECK(read.warnings[0].starts_with(path + ": the gzip data ends at byte "));
}

TEST_CASE("truncated data is an error that names file and byte after the lines before it") {
  const TempDir dir;
  std::string lines;
  for (int i = 0; i < 60'000; ++i) lines += "{\"event_id\":\"" + std::to_string(i * 7919) + "\"}\n";
  for (const Codec codec : codecs) {
    CAPTURE(name_of(codec));
    const auto whole = compress(codec, lines);
    const auto path = dir.write("events.jsonl.packed", whole.substr(0, whole.size() / 2));
    const auto read = read_files({path});
    CHECK(read.events.size() > 500);
    CHECK(read.rejects.empty());
    REQUIRE(read.unread.size() == 1);
    CHECK(read.unread[0].file == path);
    CHECK(read.unread[0].after_line == read.events.size());
    CHECK(read.unread[0].why ==
          fmt::format(
              "{} is truncated: the {} data ends at byte {} before it is complete; fetch the file again",
              path, name_of(codec), whole.size() / 2));
  }
}

TEST_CASE("data cut at any byte is truncated and what came before the cut is right") {
  const std::string text = "{\"event_id\":\"a\"}\n";
  constexpr std::size_t longest_magic = 10;
  for (const Codec codec : codecs) {
    const auto member = compress(codec, text);
    for (std::size_t size = longest_magic; size < 2 * member.size(); ++size) {
      if (size == member.size()) continue;
      CAPTURE(name_of(codec));
      CAPTURE(size);
      const auto drained = drain((member + member).substr(0, size), 1);
      CHECK((text + text).starts_with(drained.text));
      CHECK(drained.error.find("is truncated") != std::string::npos);
    }
  }
}

TEST_CASE("data with any one byte changed is an error or the text but never a crash") {
  const std::string text = "{\"event_id\":\"a\",\"payload\":\"" + std::string(200, 'x') + "\"}\n";
  for (const Codec codec : codecs) {
    const auto member = compress(codec, text);
    std::size_t found = 0;
    for (std::size_t at = 0; at < member.size(); ++at)
      for (const int bit : {0x01, 0x80}) {
        auto bytes = member;
        bytes[at] = static_cast<char>(bytes[at] ^ bit);
        const auto drained = drain(bytes, 1000);
        if (!drained.error.empty()) ++found;
        const auto slow = drain(bytes, 1, 10);
        CHECK(slow.error.empty() == drained.error.empty());
        CHECK((slow.text.starts_with(drained.text) || drained.text.starts_with(slow.text)));
      }
    CAPTURE(name_of(codec));
    CHECK(found > member.size());
  }
}

TEST_CASE("corrupt gzip is an error that names file and byte") {
  auto bytes = compress(Codec::gzip, noise(10'000));
  bytes[bytes.size() - 6] ^= 1;  // the checksum
  CHECK(drain(bytes).error == "pieces is corrupt: the gzip data is wrong near byte " +
                                  std::to_string(bytes.size() - 4) +
                                  " (incorrect data check); fetch the file again");
}

TEST_CASE("data that asks for more memory than is allowed is an error that says how to read it") {
  using std::string_literals::operator""s;
  // A frame header with a window of 2 GiB.
  const auto zstd = drain("\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00"s);
  CHECK(zstd.error ==
        "pieces needs more than 128 MiB of memory to be decompressed (Frame requires too much memory for "
        "decoding); decompress it first, as in: zstd -dc pieces | dispatch run -");
}

TEST_CASE("a small input that becomes a very large one is read in little memory") {
  const auto bomb = compress(Codec::bzip2, std::string(45'000'000, '\0'));
  CHECK(bomb.size() < 1000);
  const ingest::Warn ignore = [](const std::string&) {};
  ingest::TextSource source{std::make_unique<PiecesSource>(bomb, 100), ignore};
  std::string buffer(65536, '\0');
  std::size_t bytes = 0;
  while (true) {
    const auto got = source.read(buffer);
    REQUIRE(got.has_value());
    if (*got == 0) break;
    bytes += *got;
  }
  CHECK(bytes == 45'000'000);
}

TEST_CASE("UTF-16 with a byte-order mark is read as UTF-8 however it arrives") {
  const std::string text = "{\"event_id\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"}\r\n";
  for (const std::size_t step : {1, 2, 3, 1000})
    for (const std::size_t size : {1, 3, 1000}) {
      CHECK(drain(utf16_little_endian(text), step, size).text == "\xEF\xBB\xBF" + text);
      CHECK(drain(utf16_big_endian(text), step, size).text == "\xEF\xBB\xBF" + text);
      CHECK(drain(compress(Codec::gzip, utf16_big_endian(text)), step, size).text == "\xEF\xBB\xBF" + text);
    }
  const TempDir dir;
  const auto read = read_files({dir.write("a.jsonl", utf16_little_endian(text + text))});
  CHECK(read.events.size() == 2);
  CHECK(read.events.at(0).event_id == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("half a surrogate pair in UTF-16 costs its line and no other") {
  using std::string_literals::operator""s;
  std::string bytes =
      utf16_little_endian("{\"event_id\":\"a\"}\n{\"event_id\":\"?\"}\n{\"event_id\":\"c\"}\n");
  bytes[bytes.find('?')] = '\x3D';
  bytes[bytes.find('\x3D') + 1] = '\xD8';
  const TempDir dir;
  const auto read = read_files({dir.write("a.jsonl", bytes)});
  CHECK(!read.error);
  CHECK(read.events.size() == 2);
  REQUIRE(read.rejects.size() == 1);
  CHECK(read.rejects[0].reason == "the line is not valid UTF-8");
  CHECK(drain("\xFF\xFE\x3D\xD8"s).text == "\xEF\xBB\xBF\xED\xA0\xBD");
}

TEST_CASE("UTF-16 that ends within a character is truncated") {
  CHECK(drain(utf16_little_endian("text").substr(0, 9)) ==
        Drained{"\xEF\xBB\xBFtex",
                {},
                "pieces is truncated: its UTF-16 text ends within a character; fetch the file again"});
}
