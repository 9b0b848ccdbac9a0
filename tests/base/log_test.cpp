#include "base/log.hpp"

#include "base/fd.hpp"

#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch;

namespace {

/// What `talk` writes to file descriptor 2.
template <class Talk>
std::string captured(Talk talk) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  Fd out{ends[0]}, in{ends[1]}, saved{dup(2)};
  dup2(in.get(), 2);
  talk();
  dup2(saved.get(), 2);
  in = Fd{};
  std::string text(4096, '\0');
  const auto size = read(out.get(), text.data(), text.size());
  text.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
  return text;
}

}  // namespace

TEST_CASE("text talk carries the program's name and marks warnings") {
  const auto text = captured([] {
    const auto log = make_log({});
    log->info("plain");
    log->warn("careful");
    log->debug("hidden");
  });
  CHECK(text == "dispatch: plain\ndispatch: warning: careful\n");
}

TEST_CASE("JSON talk survives quotes and line ends in a message") {
  const auto text = captured([] { make_log({LogOptions::Format::json})->error("say \"{}\"\n", "x"); });
  CHECK(text.find(R"("level":"error")") != std::string::npos);
  CHECK(text.find(R"("message":"say \"x\"\n"})") != std::string::npos);
}
