// Receivers that the program reaches by a name.

#include "support/network/names.hpp"
#include "support/network/tls_receiver.hpp"
#include "system/program/scenario.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The program with the names of support/network/names.hpp.
Child::Setup with_names() {
  const char* const given = std::getenv("ASAN_OPTIONS");
  Child::Setup setup;
  setup.environment["LD_PRELOAD"] = DISPATCH_TEST_PRELOADED_NAMES;
  setup.environment["ASAN_OPTIONS"] = fmt::format("{}:verify_asan_link_order=0", given ? given : "");
  return setup;
}

}  // namespace

TEST_CASE("a receiver reached by name gets each event once and none times out") {
  for (const auto delay : {0ms, 20ms, 300ms}) {
    CAPTURE(delay.count());
    for (const int entities : {1, 40}) {
      CAPTURE(entities);
      const TempDir directory;
      const Receiver receiver{after(delay)};
      const auto url = fmt::format("http://{}:{}/", name_of("127.0.0.1"), receiver.port());
      const auto run = run_dispatch(directory, {"run", "-", "--to", url, "--attempts", "1"},
                                    streams(entities, 3), with_names());
      CHECK(run.exit_code == 0);
      CHECK(receiver.count() == 3 * static_cast<std::size_t>(entities));
      CHECK_FALSE(has(run.err, "no answer in time"));
    }
  }
}

TEST_CASE("a receiver reached by name over TLS gets each event once and none times out") {
  for (const int entities : {1, 40}) {
    CAPTURE(entities);
    const TempDir directory;
    const TlsReceiver receiver{{.status = 200, .answers_after = 20ms, .keeps_connections = true}};
    const auto url = fmt::format("https://{}:{}/", name_of("127.0.0.1"), receiver.port());
    const auto run = run_dispatch(
        directory, {"run", "-", "--to", url, "--attempts", "1", "--cacert", receiver.certificate().string()},
        streams(entities, 3), with_names());
    CHECK(run.exit_code == 0);
    CHECK(receiver.count() == 3 * static_cast<std::size_t>(entities));
  }
}

// This one takes some seconds of wall time.
TEST_CASE("a run follows a name that moves to another address within one and a half connection lifetimes") {
  const TempDir directory;
  const Receiver before{after(0ms), "127.0.0.2"};
  const Receiver moved_to{after(0ms), "127.0.0.3", before.port()};
  const auto names = directory.path() / "names";
  directory.write("names", "moved.test 127.0.0.2\n");
  auto setup = with_names();
  setup.environment[names_variable] = names.string();
  Child run{directory,
            {"run", "-", "--to", fmt::format("http://moved.test:{}/", before.port()), "--connection-lifetime",
             "2s"},
            setup};
  int sent = 0;
  const auto deliver = [&] {
    const auto id = fmt::format("e{}", ++sent);
    REQUIRE(run.write(event_line(id, id, 1)));
    std::this_thread::sleep_for(100ms);
  };
  for (int i = 0; i < 10; ++i) deliver();
  const auto moved = std::chrono::steady_clock::now();
  directory.write("names.new", "moved.test 127.0.0.3\n");
  std::filesystem::rename(directory.path() / "names.new", names);
  while (std::chrono::steady_clock::now() < moved + 4s) deliver();
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(moved_to.count() > 0);
  CHECK(before.received().back().arrived <= moved + 3s);
  CHECK(before.count() + moved_to.count() == static_cast<std::size_t>(sent));
}
