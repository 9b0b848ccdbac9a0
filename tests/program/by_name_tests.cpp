// Receivers that the program reaches by a name.

#include "program/scenario.hpp"
#include "support/names.hpp"
#include "support/tls_receiver.hpp"

#include <cstdlib>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The program with the names of support/names.hpp.
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
