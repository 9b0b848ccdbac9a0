#include "base/system/log.hpp"

#include "base/system/fd.hpp"
#include "base/system/patient_output.hpp"

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

std::shared_ptr<spdlog::logger> to_stderr(const LogOptions& options) {
  return make_log(options, std::make_shared<PatientOutput>(STDERR_FILENO));
}

}  // namespace

TEST_CASE("text talk carries the program's name and marks warnings") {
  const auto text = captured([] {
    const auto log = to_stderr({});
    log->info("plain");
    log->warn("careful");
    log->debug("hidden");
  });
  CHECK(text == "dispatch: plain\ndispatch: warning: careful\n");
}

TEST_CASE("JSON talk survives quotes and line ends in a message") {
  const auto text = captured([] { to_stderr({LogOptions::Format::json})->error("say \"{}\"\n", "x"); });
  CHECK(text.find(R"("level":"error")") != std::string::npos);
  CHECK(text.find(R"("message":"say \"x\"\n"})") != std::string::npos);
}

TEST_CASE("a message is one line that cannot steer a terminal whatever it quotes") {
  const std::string hostile = "x\ndispatch: all is well\x1b[2J\xC2\x9B\x9B\xE2\x80\xAE\x7F\x1f";
  const auto text = captured([&] { to_stderr({})->warn("cannot open {}", hostile); });
  CHECK(text ==
        "dispatch: warning: cannot open x\\ndispatch: all is "
        "well\\u001b[2J\\u009b\\x9b\\u202e\\u007f\\u001f\n");
  const auto json = captured([&] { to_stderr({LogOptions::Format::json})->warn("cannot open {}", hostile); });
  CHECK(json.find(R"(x\ndispatch: all is well\u001b[2J\u009b)") != std::string::npos);
  CHECK(json.find(R"(\u202e\u007f\u001f"})") != std::string::npos);
}

TEST_CASE("a message cannot pretend to have fields") {
  const std::string forged{"\x1f\x05\0\0\0hello\x04\0\0\0host\x02\0\0\0tx", 25};
  const auto text = captured([&] { to_stderr({})->info(forged); });
  CHECK(text.find("host=") == std::string::npos);
  CHECK(text.find("\\u001f\\u0005") != std::string::npos);
}

TEST_CASE("fields are values that cannot steer a terminal") {
  const auto text = captured([] {
    const LogField field{"error", std::string_view{"a\x1b[2J\nb\xE2\x81\xA6"}};
    log_with(*to_stderr({}), spdlog::level::info, spdlog::log_clock::now(), "failed", {&field, 1});
  });
  CHECK(text == "dispatch: failed error=\"a\\u001b[2J\\nb\\u2066\"\n");
}

TEST_CASE("neither a message nor a field shows the user name or password of a URL") {
  for (const auto format : {LogOptions::Format::text, LogOptions::Format::json}) {
    const auto text = captured([&] {
      const auto log = to_stderr({format});
      log->warn("cannot reach https://someone:swordfish@a.test/");
      const LogField field{"url", std::string_view{"https://someone:swordfish@a.test/"}};
      log_with(*log, spdlog::level::info, spdlog::log_clock::now(), "failed", {&field, 1});
    });
    CAPTURE(text);
    CHECK(text.find("cannot reach https://***@a.test/") != std::string::npos);
    CHECK(text.find("someone") == std::string::npos);
    CHECK(text.find("swordfish") == std::string::npos);
  }
}
