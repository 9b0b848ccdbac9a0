#include "operations/subscriptions/secret_source.hpp"

#include "cli/options/secret_options.hpp"
#include "delivery/signature.hpp"
#include "support/disk/temp_dir.hpp"

#include <cstdlib>
#include <string>
#include <type_traits>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace dispatch::operations;

namespace {

std::string text(const SecretSource& source) {
  const auto secret = read_secret(source);
  return secret ? secret->value().reveal() : secret.error().message;
}

bool has(const std::string& whole, std::string_view part) {
  return whole.find(part) != std::string::npos;
}

}  // namespace

static_assert(!fmt::is_formattable<Secret>::value, "a secret could be printed by mistake");

TEST_CASE("a secret comes from a file without what is around it") {
  const test::TempDir directory;
  CHECK(text({.file = directory.write("unix", "test-secret\n")}) == "test-secret");
  CHECK(text({.file = directory.write("dos", "test-secret\r\n")}) == "test-secret");
  CHECK(text({.file = directory.write("bare", " test-secret ")}) == "test-secret");
  CHECK(text({.file = directory.write("marked", "\xEF\xBB\xBFtest-secret\r\n\r\n")}) == "test-secret");
  CHECK(text({.file = directory / "none"}) ==
        "cannot read the secret file " + directory / "none" + ": No such file or directory");
  CHECK(has(text({.file = directory.path()}), "Is a directory"));
}

TEST_CASE("a secret comes from a variable of the environment") {
  ::setenv("DISPATCH_SECRET_TEST", "test-secret", 1);
  CHECK(text({.environment = "DISPATCH_SECRET_TEST"}) == "test-secret");
  ::unsetenv("DISPATCH_SECRET_TEST");
  CHECK(text({.environment = "DISPATCH_SECRET_TEST"}) ==
        "there is no environment variable DISPATCH_SECRET_TEST to take the secret from");
}

TEST_CASE("a secret is what a command prints") {
  CHECK(text({.command = "printf 'test-secret\\n'"}) == "test-secret");
  CHECK(text({.command = "echo test-secret; exit 3"}) ==
        "'echo test-secret; exit 3' did not give the secret: it exited with 3");
  CHECK(has(text({.command = "yes too much | head -c 1000000"}), "is more than 512 bytes long"));
}

TEST_CASE("a secret that cannot be one is refused without being shown") {
  const test::TempDir directory;
  const auto refusal = [&](const std::string& secret) {
    return text({.file = directory.write("s", secret)});
  };
  CHECK(refusal("") == "the secret in " + directory / "s" + " is 0 bytes long; it must have 8 to 512");
  CHECK(has(refusal("1234567\n"), "7 bytes long"));
  CHECK(has(refusal(std::string(513, 'x')), "more than 512 bytes long"));
  CHECK(refusal(std::string(512, 'x') + "\r\n") == std::string(512, 'x'));
  CHECK(has(refusal("hidden-one\nhidden-two\n"), "holds a control character"));
  CHECK(has(refusal("whsec_hidden!"), "must go on with its key in base64"));
  CHECK_FALSE(has(refusal("whsec_hidden!"), "hidden!"));
  CHECK_FALSE(has(refusal("hidden-one\nhidden-two\n"), "hidden-"));
}

TEST_CASE("a weak secret is taken and warned of without being shown") {
  const test::TempDir directory;
  const auto warning = [&](const std::string& secret) {
    return secret_warning("of subscription s", read_secret_file(directory.write("s", secret)).value())
        .value_or("");
  };
  CHECK(warning("test-secret") ==
        "the secret of subscription s has 11 bytes, which can be guessed; 16 or more are better");
  CHECK(has(warning("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), "looks like base64"));
  CHECK_FALSE(has(warning("C2FVsBQIhrscChlQIMV+b5sSYspob7oD"), "C2FV"));
  CHECK(warning("correct horse battery staple").empty());
}

TEST_CASE("no source is no secret") {
  CHECK_FALSE(SecretSource{}.given());
  CHECK_FALSE(read_secret({}).value());
}

TEST_CASE("a generated secret is a new key of 32 bytes each time") {
  const std::string one = text({.generate = true});
  CHECK(delivery::signing_key(one).value().size() == 32);
  CHECK(one.starts_with("whsec_"));
  CHECK(one != text({.generate = true}));
}

TEST_CASE("a command takes its secret from one source only") {
  for (const char* two : {"--secret-file f --secret-env E", "--secret-env E --secret-command c",
                          "--secret-command c --generate-secret", "--generate-secret --secret-file f"}) {
    CLI::App app;
    SecretSource source;
    add_secret_options(app, source);
    CHECK_THROWS_AS(app.parse(two), CLI::ExcludesError);
  }
  CLI::App app;
  SecretSource source;
  add_secret_options(app, source);
  app.parse("--secret-command 'pass show x'");
  CHECK(source.command == "pass show x");
  CHECK(source.given());
}
