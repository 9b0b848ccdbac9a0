// What the program does not connect to, and what it says of that.

#include "support/network/raw_receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "system/program/scenario.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Runs one event to its dead end, and gives what `attempts` says of it.
std::string told_of(const TempDir& directory, const std::string& url, std::vector<std::string> options) {
  std::vector<std::string> arguments{"run", "-"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  CHECK(run_dispatch(directory, arguments, event_line("e1", "X", 1, url)).exit_code == 3);
  return run_dispatch(directory, {"attempts", "e1", "--json"}).out;
}

}  // namespace

TEST_CASE("with --deny-private a name that leads inside is a dead letter and no connection") {
  const Receiver receiver;
  const TempDir directory;
  const auto told =
      told_of(directory, fmt::format("http://localhost:{}/", receiver.port()), {"--deny-private"});
  CHECK(line_count(told) == 1);
  CHECK(has(told, "\"outcome\":\"refused\""));
  CHECK(has(told, "localhost leads to "));
  CHECK(has(told, "a loopback address, and --deny-private allows public addresses only"));
  CHECK(receiver.connections() == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("--deny-private with a proxy or a Unix socket is misuse") {
  const TempDir directory;
  for (const std::vector<std::string>& way :
       {std::vector<std::string>{"--proxy", "http://user:secret@127.0.0.1:9"},
        {"--unix-socket", "/nonexistent"}}) {
    std::vector<std::string> arguments{"run", "-", "--deny-private"};
    arguments.insert(arguments.end(), way.begin(), way.end());
    const auto run = run_dispatch(directory, arguments);
    CHECK(run.exit_code == 2);
    CHECK(has(run.err, "which address it connects to"));
    CHECK_FALSE(has(run.err, "secret"));
  }
}

TEST_CASE("certificates that are not to be trusted cost the attempt and say why") {
  struct Case {
    TlsReceiver::Setup setup;
    bool trusted;
    const char* words;
  };
  for (const Case& each : {Case{{.certified_address = "127.0.0.2"}, true, "certificate is for another host"},
                           Case{{.expires = -60s}, true, "certificate has expired"},
                           Case{{}, false, "certificate is from an authority that is not trusted"},
                           Case{{.asks_client = true}, true, "asked for a client certificate (--cert)"}}) {
    const TlsReceiver receiver{each.setup};
    const TempDir directory;
    std::vector<std::string> options{"--attempts", "1"};
    if (each.trusted) options.insert(options.end(), {"--cacert", receiver.certificate()});
    const auto told = told_of(directory, receiver.url(), options);
    CAPTURE(told);
    CHECK(has(told, each.words));
    CHECK(receiver.count() == 0);
  }
}

TEST_CASE("a client certificate is shown where a server asks for one") {
  const TlsReceiver receiver{{.asks_client = true}};
  const TempDir directory;
  const auto told =
      told_of(directory, receiver.url(),
              {"--attempts", "1", "--cacert", receiver.certificate(), "--cert", receiver.certificate()});
  CHECK(has(told, "\"status\":500"));
  CHECK(receiver.count() == 1);
}

TEST_CASE("the credentials of a proxy are shown nowhere") {
  const TempDir directory;
  const RawReceiver proxy{[](Conversation& peer) {
    while (peer.request()) peer.send("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n");
  }};
  auto url = proxy.url();
  url.insert(url.find("127"), "user:swordfish@");
  Child run{directory,
            {"run", "-", "--attempts", "1", "--log-level", "debug"},
            {.environment = {{"DISPATCH_PROXY", url}}, .program = {}}};
  REQUIRE(run.write(event_line("e1", "X", 1, "http://server.invalid/") +
                    event_line("e2", "Y", 1, "https://server.invalid/")));
  run.close_input();
  CHECK(run.exit_code() == 3);
  CHECK_FALSE(has(run.err().all() + run.out().all(), "swordfish"));
  for (const char* id : {"e1", "e2"}) {
    const auto told = run_dispatch(directory, {"attempts", id, "--json"}).out;
    CHECK(has(told, "407"));
    CHECK_FALSE(has(told, "swordfish"));
  }
  CHECK_FALSE(has(read_file(directory.path() / "dispatch.db"), "swordfish"));
}

TEST_CASE("an empty value where security was asked for is misuse and nothing is sent") {
  const Receiver receiver;
  const TempDir directory;
  for (const char* option : {"--cacert", "--cert", "--key", "--unix-socket", "--proxy", "--tls-key-log"}) {
    CAPTURE(option);
    const auto run =
        run_dispatch(directory, {"run", "-", "--to", receiver.url(), option, ""}, event_line("e1", "X", 1));
    CHECK(run.exit_code == 2);
  }
  for (const char* variable : {"DISPATCH_CACERT", "DISPATCH_UNIX_SOCKET", "DISPATCH_DENY_PRIVATE"}) {
    CAPTURE(variable);
    Child::Setup setup;
    setup.environment[variable] = "";
    const auto run =
        run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("e1", "X", 1), setup);
    CHECK(run.exit_code == 2);
    CHECK(has(run.err, variable));
  }
  for (const char* option : {"--secret-file", "--secret-env", "--secret-command"}) {
    CAPTURE(option);
    const auto secret = run_dispatch(
        directory, {"subscription", "add", "s", "--url", receiver.url(), "--types", "*", option, ""});
    CHECK(secret.exit_code == 2);
    CHECK(has(secret.err, "must not be empty"));
  }
  for (const char* option : {"--host", "--secret-file"}) {
    CAPTURE(option);
    const auto listener = run_dispatch(directory, {"listen", "--port", "0", "--count", "1", option, ""});
    CHECK(listener.exit_code == 2);
    CHECK(has(listener.err, "must not be empty"));
  }
  CHECK(receiver.count() == 0);
}

TEST_CASE("the keys of TLS are written where an option says and not where a variable does") {
  const TlsReceiver receiver{{.status = 200}};
  const TempDir directory;
  Child::Setup setup;
  setup.environment["SSLKEYLOGFILE"] = (directory.path() / "from-variable").string();
  const auto run = [&](const std::string& id, std::vector<std::string> options) {
    std::vector<std::string> arguments{"run",          "-",        "--to",
                                       receiver.url(), "--cacert", receiver.certificate()};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run_dispatch(directory, arguments, event_line(id, id, 1), setup);
  };
  CHECK(run("e1", {}).exit_code == 0);
  const auto keys = directory.path() / "keys";
  const auto logged = run("e2", {"--tls-key-log", keys.string()});
  CHECK(logged.exit_code == 0);
  CHECK(has(logged.err, "all that is sent can be read"));
  CHECK(has(read_file(keys), "SECRET"));
  CHECK((std::filesystem::status(keys).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "from-variable"));
  CHECK(receiver.count() == 2);
  directory.write("victim", "precious");
  std::filesystem::create_symlink(directory / "victim", directory / "link");
  CHECK(run("e3", {"--tls-key-log", directory / "link"}).exit_code == 2);
  CHECK(read_file(directory / "victim") == "precious");
  CHECK(receiver.count() == 2);
}

TEST_CASE("no message shows the user name or the password of a URL") {
  const Receiver answers_nothing{[](const Received&, std::size_t) {
    Answer answer;
    answer.status = 400;
    return answer;
  }};
  const Receiver receiver;
  const TempDir directory;
  auto collector = answers_nothing.url("/private/path");
  collector.insert(collector.find("127"), "someone:sword/fish@");
  directory.write(
      "subscriptions.json",
      R"({"subscriptions":[{"id":"s","url":"https://someone:swordfish@a.test/","types":["*"]}]})");
  const auto line = event_line("e1", "X", 1, receiver.url());
  struct Case {
    std::vector<std::string> arguments;
    std::map<std::string, std::string> environment{};
  };
  const std::string url = "https://someone:swordfish@a.test/";
  for (const Case& each : std::vector<Case>{
           {{"run", "-"}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://someone:swordfish@127.0.0.1:9"}}},
           {{"run", "-"}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", "someone:swordfish@127.0.0.1:9"}}},
           {{"run", "-"}, {{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://someone:swordfish@127.0.0.1:9"}}},
           {{"run", "-", "--to", url}},
           {{"run", "-", "--to", "https://someone:sword/fish@a.test/"}},
           {{"run", "-", "--to", "someone:swordfish@a.test"}},
           {{"run", "-", "--to", "https:/someone:swordfish@a.test"}},
           {{"run", "-", "--to", "https://someone:" + std::string(300, 'x') + "swordfish@a.test/"}},
           {{"run", "-"}, {{"DISPATCH_TO", url}}},
           {{"run", "-", "--proxy", "ftp://someone:swordfish@a.test"}},
           {{"run", "-", "--proxy", "http://someone:sword/fish@a.test"}},
           {{"run", "-", "--proxi", url}},
           {{"run", "-", "--field", url}},
           {{"run", "-", "--cacert", url}},
           {{"run", "-", "--rejects", url}},
           {{"run", url}},
           {{url}},
           {{"run", "-", "--subscriptions", "subscriptions.json"}},
           {{"subscription", "add", "s", "--types", "*", "--url", url}},
           {{"subscription", "apply", "subscriptions.json"}},
           {{"status", "--journal", url}}}) {
    const auto run =
        run_dispatch(directory, each.arguments, line, {.environment = each.environment, .program = {}});
    CAPTURE(run.err);
    for (const char* hidden : {"swordfish", "sword/fish", "someone"}) {
      CHECK_FALSE(has(run.err, hidden));
      CHECK_FALSE(has(run.out, hidden));
    }
  }
  const auto run = run_dispatch(directory, {"run", "-"}, event_line("e2", "Y", 1, receiver.url()),
                                {.environment = {{"OTEL_EXPORTER_OTLP_ENDPOINT", collector}}, .program = {}});
  CHECK_FALSE(has(run.err, "sword"));
  CHECK_FALSE(has(run.err, "/private/path"));
}

TEST_CASE("a rejected line says nothing of the password in its URL") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "--rejects", "rejects.jsonl", "-"},
                                event_line("e1", "X", 1, "https://someone:swordfish@a.test/"));
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "holds a user name or password"));
  CHECK_FALSE(has(run.err, "swordfish"));
  const auto record = read_file(directory.path() / "rejects.jsonl");
  CHECK(has(record, "reason"));
  CHECK_FALSE(has(text_under("reason", record), "swordfish"));
  CHECK_FALSE(has(run_dispatch(directory, {"rejects", "list", "--json"}).out, "swordfish"));
}
