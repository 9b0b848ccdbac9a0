#include "base/text/shell_text.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("a word is quoted only where a shell would read it otherwise") {
  CHECK(shell_word("dispatch.db") == "dispatch.db");
  CHECK(shell_word("/tmp/a b.db") == "'/tmp/a b.db'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$HOME") == "'$HOME'");
}

TEST_CASE("a word that would steer a terminal is quoted in printable characters") {
  CHECK(shell_word("a\nb") == R"($'a\012b')");
  CHECK(shell_word("it's\x1b[2J\\") == R"($'it\'s\033[2J\\')");
  CHECK(shell_word("\xE2\x80\xAE") == R"($'\342\200\256')");
  CHECK(shell_word("gr\xC3\xBC\xC3\x9F") == "'gr\xC3\xBC\xC3\x9F'");
}
