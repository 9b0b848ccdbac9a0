#include "ingest/rejects/rejects_file.hpp"

#include "ingest/rejects/reject_warnings.hpp"
#include "unit/ingest/reading.hpp"

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <simdjson.h>
#include <sys/stat.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

Reject piece(std::string_view text, bool first = true, bool last = true) {
  static const auto file = std::make_shared<const InputName>(InputName{"in \"put\".jsonl", {}});
  return {{file, 17, text}, "why \"so\"", first, last};
}

/// What the file says for these rejects; checks that it is one JSON object a line.
std::string written(std::initializer_list<Reject> rejects) {
  const TempDir dir;
  RejectsFile file{dir / "rejects"};
  for (const auto& reject : rejects) REQUIRE(keeps(file, reject));
  REQUIRE(file.finish().has_value());
  return read_file(dir / "rejects");
}

const std::string begin = R"({"file":"in \"put\".jsonl","line":17,"reason":"why \"so\"",)";

}  // namespace

TEST_CASE("a reject is one JSON object with file and line and reason and text") {
  CHECK(written({piece("{\"a\":\"\\t\tb\"")}) == begin + R"("text":"{\"a\":\"\\t\tb\""})" + "\n");
}

TEST_CASE("a text that is not UTF-8 is kept in base64") {
  CHECK(written({piece("a\xFF")}) == begin + R"("text_base64":"Yf8="})" + "\n");
}

TEST_CASE("a line of control characters is kept in base64 and takes four thirds of its size") {
  const std::size_t size = 3'000'000;
  const std::string nuls(size, '\0');
  const auto overhead = begin.size() + 100;
  CHECK(written({piece(nuls)}).size() < size / 3 * 4 + overhead);
  CHECK(written({piece("{\"a\":1}", true, false), piece(nuls, false, true)}).size() <
        size / 3 * 4 + overhead);
  CHECK(written({piece("a\x1B[2J")}) == begin + R"("text_base64":"YRtbMko="})" + "\n");
  CHECK(written({piece("a\x7F")}) == begin + R"("text_base64":"YX8="})" + "\n");
  CHECK(written({piece("a\u0085")}) == begin + R"("text_base64":"YcKF"})" + "\n");
  CHECK(written({piece("a\xC2", true, false), piece("\x85", false, true)}) ==
        begin + R"("text":"a","rest_base64":"woU="})" + "\n");
  CHECK(written({piece("a\rb")}) == begin + R"("text":"a\rb"})" + "\n");
}

TEST_CASE("pieces of a line are joined wherever they are cut") {
  const std::string line = "a\u00e9\u20ac\U0001F600z";
  for (std::size_t cut = 0; cut <= line.size(); ++cut) {
    CAPTURE(cut);
    const auto text = std::string_view{line};
    CHECK(written({piece(text.substr(0, cut), true, false), piece(text.substr(cut), false, true)}) ==
          begin + "\"text\":\"" + line + "\"}\n");
  }
}

TEST_CASE("pieces that turn out not to be UTF-8 lose no byte") {
  CHECK(written({piece("abc", true, false), piece("d\xFF", false, false), piece("e", false, true)}) ==
        begin + R"("text":"abc","rest_base64":"ZP9l"})" + "\n");
  CHECK(written({piece("\xFF", true, false), piece("a", false, false), piece("bcd", false, true)}) ==
        begin + R"("text_base64":"/2FiY2Q="})" + "\n");
  CHECK(written({piece("a\xE2\x82", true, false), piece("", false, true)}) ==
        begin + R"("text":"a","rest_base64":"4oI="})" + "\n");
}

TEST_CASE("a line whose last piece never came is ended") {
  CHECK(written({piece("abc", true, false)}) == begin + R"("text":"abc"})" + "\n");
  CHECK(written({piece("abc", true, false), piece("next")}) ==
        begin + R"("text":"abc"})" + "\n" + begin + R"("text":"next"})" + "\n");
}

TEST_CASE("a rejects file without a name takes everything and writes nothing") {
  RejectsFile file{"", {.lines = 0, .bytes = 0}};
  REQUIRE(keeps(file, piece("a")));
  CHECK(file.finish().has_value());
}

TEST_CASE("a rejects file has room for so many lines and so many bytes of them") {
  const TempDir dir;
  RejectsFile lines{dir / "lines", {.lines = 2, .bytes = 100}};
  CHECK(keeps(lines, piece("abc")));
  CHECK(keeps(lines, piece("abc")));
  CHECK_FALSE(keeps(lines, piece("")));
  RejectsFile bytes{dir / "bytes", {.lines = 100, .bytes = 5}};
  CHECK_FALSE(keeps(bytes, piece("abcdef")));
  CHECK(keeps(bytes, piece("abc")));
  CHECK_FALSE(keeps(bytes, piece("abc")));
  CHECK(keeps(bytes, piece("ab")));
}

TEST_CASE("of each kind of reason five lines are shown and the others counted") {
  RejectWarnings warnings;
  for (int i = 0; i < 12; ++i) {
    CHECK(warnings.note("sequence_number is -" + std::to_string(i)) == (i < 5));
    CHECK(warnings.note("event id 'e" + std::to_string(i) + "' is known, \"x" + std::to_string(i) + "\"") ==
          (i < 5));
  }
  CHECK(warnings.note("another reason"));
  const auto left_out = warnings.take_left_out();
  REQUIRE(left_out.size() == 2);
  CHECK(left_out[0] == "7 more lines were rejected for reasons like this: event id 'e0' is known, \"x0\"");
  CHECK(left_out[1] == "7 more lines were rejected for reasons like this: sequence_number is -0");
  CHECK(warnings.take_left_out().empty());
}

TEST_CASE("ever new reasons do not make ever more warnings") {
  RejectWarnings warnings;
  int shown = 0;
  for (char a = 'a'; a <= 'z'; ++a)
    for (char b = 'a'; b <= 'z'; ++b) shown += warnings.note(std::string{"no field "} + a + b) ? 1 : 0;
  CHECK(shown < 200);
}

TEST_CASE("without rejects there is no rejects file") {
  const TempDir dir;
  RejectsFile file{dir / "rejects"};
  CHECK(file.flush().has_value());
  CHECK(file.finish().has_value());
  CHECK(dir.empty());
}

TEST_CASE("the rejects file is for its owner only and is appended to") {
  const TempDir dir;
  for (int run = 0; run < 2; ++run) {
    RejectsFile file{dir / "rejects"};
    REQUIRE(keeps(file, piece("a")));
    REQUIRE(file.flush().has_value());
    CHECK(file.lines() == 1);
  }
  struct stat status {};
  REQUIRE(stat((dir / "rejects").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(read_file(dir / "rejects") == begin + "\"text\":\"a\"}\n" + begin + "\"text\":\"a\"}\n");
}

TEST_CASE("a record that a crash has torn does not swallow the next one") {
  const TempDir dir;
  dir.write("rejects", "{\"file\":");
  RejectsFile file{dir / "rejects"};
  REQUIRE(keeps(file, piece("a")));
  REQUIRE(file.flush().has_value());
  CHECK(read_file(dir / "rejects") == "{\"file\":\n" + begin + "\"text\":\"a\"}\n");
}

TEST_CASE("a rejects file that cannot be opened or written is an error that names it") {
  const TempDir dir;
  RejectsFile file{dir / "no/such/folder"};
  REQUIRE(keeps(file, piece("a")));
  const auto flushed = file.flush();
  REQUIRE_FALSE(flushed.has_value());
  CHECK(flushed.error().message ==
        "cannot open " + (dir / "no/such/folder") +
            " for the rejected lines: No such file or directory; --rejects names another file");
  RejectsFile full{"/dev/full"};
  REQUIRE(keeps(full, piece("a")));
  CHECK(full.flush().error().message ==
        "cannot write the rejected lines to /dev/full: No space left on device; make room and run again");
}

TEST_CASE("a rejects file that is a symbolic link is refused and what it leads to is left alone") {
  const TempDir dir;
  const auto target = dir.write("precious", "kept");
  for (const std::string& leads_to : {target, dir / "not-there"}) {
    const std::string link = dir / "rejects";
    std::filesystem::remove(link);
    std::filesystem::create_symlink(leads_to, link);
    RejectsFile file{link};
    REQUIRE(keeps(file, piece("a")));
    const auto flushed = file.flush();
    REQUIRE_FALSE(flushed.has_value());
    CHECK(flushed.error().message == "cannot open " + link +
                                         " for the rejected lines: it is a symbolic link, which is not "
                                         "followed; --rejects names another file");
  }
  CHECK(read_file(target) == "kept");
  CHECK_FALSE(std::filesystem::exists(dir / "not-there"));
}

TEST_CASE("a rejects file that became an input after the check is refused and left alone") {
  const TempDir dir;
  const auto input = dir.write("events.jsonl", "no event\n");
  FileRoles files;
  files.add_input(input, "input");
  files.add_output(dir / "rejects", "rejects file", "name another with --rejects");
  REQUIRE(files.check().has_value());
  RejectsFile file{dir / "rejects", {}, &files};
  REQUIRE(keeps(file, piece("a")));
  std::filesystem::create_hard_link(input, dir / "rejects");
  const auto flushed = file.flush();
  REQUIRE_FALSE(flushed.has_value());
  CHECK(flushed.error().failure == Failure::usage);
  CHECK(read_file(input) == "no event\n");
}

TEST_CASE("a rejects file that is a pipe which nobody reads is an error and not a wait") {
  const TempDir dir;
  const std::string pipe = dir / "rejects";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  RejectsFile file{pipe};
  REQUIRE(keeps(file, piece("a")));
  const auto flushed = file.flush();
  REQUIRE_FALSE(flushed.has_value());
  CHECK(flushed.error().message.find("nobody reads from this pipe") != std::string::npos);
}

TEST_CASE("rejected lines can be mended and fed back") {
  const TempDir dir;
  const auto bad = read_text("{\"event_id\":\"a\",\"sequence_number\":-1}\n{\"event_id\":\"\u00e9\\n\"}\n");
  REQUIRE(bad.rejects.size() == 2);
  RejectsFile file{dir / "rejects"};
  for (const auto& reject : bad.rejects) REQUIRE(keeps(file, reject));
  REQUIRE(file.finish().has_value());

  // As "jq -r .text" does it, and the mending.
  std::string mended;
  simdjson::dom::parser parser;
  for (const auto record : parser.load_many(dir / "rejects")) {
    std::string_view text;
    REQUIRE(record["text"].get(text) == simdjson::SUCCESS);
    mended += std::string{text} + "\n";
  }
  mended.replace(mended.find("-1"), 2, "1");
  mended.replace(mended.find("\\n"), 2, "");
  const auto good = read_text(mended);
  CHECK(good.rejects.empty());
  REQUIRE(good.events.size() == 2);
  CHECK(good.events[0].sequence == SequenceNumber{1});
  CHECK(good.events[1].event_id == "\u00e9");
}
