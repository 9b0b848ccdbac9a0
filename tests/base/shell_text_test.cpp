#include "base/shell_text.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("a word is quoted only where a shell would read it otherwise") {
  CHECK(shell_word("dispatch.db") == "dispatch.db");
  CHECK(shell_word("/tmp/a b.db") == "'/tmp/a b.db'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("$HOME") == "'$HOME'");
}
