#include "cli/output/live_line.hpp"

#include "base/system/fd.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::cli;

TEST_CASE("nothing that a live line shows or lets pass steers the terminal") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd out{ends[0]};
  Fd in{ends[1]};
  {
    LiveLine line{std::make_shared<PatientOutput>(in.get())};
    line.show("to a\x1b[2J\xC2\x9B.test");
    line.print("failed: b\x1b[2J\xE2\x80\xAE\nnext\n");
  }
  in = Fd{};
  std::string text(4096, '\0');
  const auto size = ::read(out.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
  CAPTURE(text);
  CHECK(text.find("to a\\u001b[2J\\u009b.test") != std::string::npos);
  CHECK(text.find("failed: b\\u001b[2J\\u202e\nnext\n") != std::string::npos);
  CHECK(text.find("\x1b[2J") == std::string::npos);
}
