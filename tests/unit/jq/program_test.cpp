#include "jq/program.hpp"

#include "support/own_resources.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch;

namespace {

/// What the program gives for the document, or what went wrong.
std::string outcome(std::string_view text, std::string_view json, jq::Limits limits = {}) {
  auto program = jq::Program::compile(text, limits);
  if (!program) return program.error().message;
  const auto output = program->run(json);
  if (!output) return output.error().message;
  return output->value_or("nothing");
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr jq::Limits little{.processor_time = std::chrono::milliseconds{100},
                            .memory = std::size_t{32} * 1024 * 1024};

}  // namespace

TEST_CASE("jq: the first output of a program is its result") {
  CHECK(outcome(".a", R"({"a":[1, {"b":"c"}]})") == R"([1,{"b":"c"}])");
  CHECK(outcome("", R"({"a": 1})") == R"({"a":1})");
  CHECK(outcome(".[]", "[1,2,3]") == "1");
  CHECK(outcome("empty", "1") == "nothing");
  CHECK(outcome("{id, n: (.n + 1)}  # a comment", R"({"id":"x","n":1,"z":0})") == R"({"id":"x","n":2})");
  CHECK(outcome("def f: .a; f", R"({"a":"\u00fc\u0000"})") == R"("ü\u0000")");
}

TEST_CASE("jq: a program runs for one document after another") {
  auto program = jq::Program::compile(".n * 2");
  REQUIRE(program);
  for (int n = 0; n < 100; ++n)
    CHECK(program->run("{\"n\":" + std::to_string(n) + "}").value() == std::to_string(2 * n));
}

TEST_CASE("jq: a filter holds unless it gives false or null or nothing") {
  const auto holds = [](std::string_view filter) {
    return jq::Program::compile(filter).value().holds(R"({"a":1,"f":false})").value();
  };
  CHECK(holds(".a == 1"));
  CHECK(holds(".a"));
  CHECK(holds("\"false\""));
  CHECK(holds("0"));
  CHECK_FALSE(holds(".f"));
  CHECK_FALSE(holds(".absent"));
  CHECK_FALSE(holds("empty"));
  CHECK_FALSE(holds("select(.a > 1)"));
}

TEST_CASE("jq: what does not compile is refused in the words of jq without our own source") {
  CHECK(outcome(".a |", "1") == "the jq program does not compile: syntax error, unexpected $end, line 1");
  CHECK(outcome("\n foo |\n bar(1)", "1") ==
        "the jq program does not compile: foo/0 is not defined, line 2; bar/1 is not defined, line 3");
  CHECK(outcome("$x", "1") == "the jq program does not compile: $x is not defined, line 1");
  CHECK(outcome(std::string_view{".a\0.b", 5}, "1") == "the jq program holds a NUL byte");
  CHECK(jq::Program::compile(".a |").error().cause == jq::RunError::Cause::program);
}

TEST_CASE("jq: a program that fails says why and serves the next document") {
  auto program = jq::Program::compile(".a.b").value();
  CHECK(program.run(R"({"a":1})").error().message == "Cannot index number with string");
  CHECK(program.run(R"({"a":{"b":2}})").value() == "2");
  CHECK(contains(program.run("{").error().message, "its input is not JSON"));
  CHECK(program.run(R"({"a":{"b":3}})").value() == "3");
  CHECK(outcome("error({a: 1})", "1") ==
        "it raised an error whose text is not shown, as it may hold the payload");
}

TEST_CASE("jq: what is said of a document holds nothing of it") {
  for (const char* text : {".n + {}",
                           ".n.x",
                           ".n[0].x",
                           ".n | tonumber",
                           "error(.n)",
                           "error",
                           "error({x: .n})",
                           ".n | fromjson",
                           ". / 2",
                           ". - 1",
                           "-(.n)",
                           ".n | keys",
                           ".n | sort",
                           "{(.a): 1}",
                           ".a | @base64d",
                           ".n | ltrimstr(1) | strptime(\"%Y\")",
                           "has(.n)",
                           ".n | implode",
                           ".a as [$x] | error($x)",
                           "try error(.n) catch error(.)",
                           ".n | test(1)"}) {
    CAPTURE(text);
    const auto said = outcome(text, R"({"n":"SECRET","a":["SECRET"]})");
    CAPTURE(said);
    CHECK_FALSE(contains(said, "SECRET"));
  }
  CHECK_FALSE(contains(outcome(".", R"({"SECRET":)"), "SECRET"));
  CHECK(outcome("error(\"the amount is missing\")", "1") == "the amount is missing");
}

TEST_CASE("jq: a program sees no environment") {
  ::setenv("DISPATCH_JQ_TEST", "secret", 1);
  CHECK(outcome("env", "1") == "{}");
  CHECK(outcome("$ENV", "1") == "{}");
  ::unsetenv("DISPATCH_JQ_TEST");
}

TEST_CASE("jq: a program sees no file") {
  const auto folder = std::filesystem::temp_directory_path() / "dispatch-jq-test";
  std::filesystem::create_directories(folder);
  std::ofstream{folder / "found.json"} << "[1]";
  std::ofstream{folder / "found.jq"} << "def found: 1;";
  const std::string search = "{search: \"" + folder.string() + "\"}; ";
  CHECK(contains(outcome("import \"found\" as $x " + search + "$x", "1"), "there are no modules here"));
  CHECK(contains(outcome("include \"found\" " + search + "found", "1"), "there are no modules here"));
  CHECK(outcome("\"found\" | modulemeta", "1") == "modulemeta is not available");
  std::filesystem::remove_all(folder);
  CHECK(outcome("input", "1") == "input is not available");
  CHECK(outcome("[inputs]", "1") == "inputs is not available");
  CHECK(outcome("input_filename", "1") == "input_filename is not available");
  CHECK(outcome("input_line_number", "1") == "input_line_number is not available");
  CHECK(outcome("halt_error", "1") == "halt_error is not available");
}

TEST_CASE("jq: what a program wants to print is silenced") {
  CHECK(outcome("debug | stderr | .a", R"({"a":1})") == "1");
}

TEST_CASE("jq: an endless program is ended and begun anew") {
  auto program = jq::Program::compile("if .stop then 1 else last(repeat(1)) end", little).value();
  for (int time = 0; time < 2; ++time) {
    CHECK(program.run("{}").error().message == "it took more than 100ms of processor time and was ended");
    CHECK(program.run(R"({"stop":true})").value() == "1");
  }
  CHECK(outcome("def f: f; f", "1", little) == "it took more than 100ms of processor time and was ended");
  CHECK(outcome("repeat(1)", "1", little) == "1");  // the first output is all that is asked for
}

TEST_CASE("jq: a program that takes too much memory or nests too deep costs one document") {
  const auto cost = [](std::string_view bad, std::size_t megabytes) {
    const jq::Limits limits{.processor_time = std::chrono::seconds{60}, .memory = megabytes * 1024 * 1024};
    auto program = jq::Program::compile("if . then 1 else " + std::string{bad} + " end", limits).value();
    const auto ended = program.run("false");
    REQUIRE_FALSE(ended);
    CHECK(contains(ended.error().message, "jq failed"));
    CHECK(program.run("true").value() == "1");
  };
  cost("[range(1e9)]", 32);
  cost("(reduce range(1000000) as $i (0; [.]) | length)", 2048);
}

TEST_CASE("jq: a process that is killed is a failure of the machine and the next document is served") {
  auto program = jq::Program::compile(".n").value();
  const auto processes = test::children(::getpid(), "dispatch-jq");
  REQUIRE(processes.size() == 1);
  ::kill(processes.front(), SIGKILL);
  const auto killed = program.run(R"({"n":1})");
  REQUIRE_FALSE(killed);
  CHECK(killed.error().cause == jq::RunError::Cause::machine);
  CHECK(killed.error().message == "the jq process was killed by signal 9");
  CHECK(program.run(R"({"n":1})").value() == "1");
}

TEST_CASE("jq: a process that cannot be started is a failure of the machine") {
  auto program = jq::Program::compile(".n").value();
  ::kill(test::children(::getpid(), "dispatch-jq").at(0), SIGKILL);
  CHECK_FALSE(program.run("{}"));
  {
    const test::NoDescriptors none;
    const auto refused = jq::Program::compile(".");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().cause == jq::RunError::Cause::machine);
    CHECK(refused.error().message.starts_with("cannot make a channel to a process for jq: "));
    CHECK(program.run("{}").error().cause == jq::RunError::Cause::machine);
  }
  CHECK(program.run(R"({"n":1})").value() == "1");
}

TEST_CASE("jq: a process that is killed before it compiles is a failure of the machine") {
  const jq::Interpreter jq;
  auto first = jq.compile(".n").value();
  ::kill(test::children(::getpid(), "dispatch-jq").at(0), SIGKILL);
  const auto second = jq.compile(".m");
  REQUIRE_FALSE(second);
  CHECK(second.error().cause == jq::RunError::Cause::machine);
  CHECK(jq.compile(".m").value().run(R"({"m":2})").value() == "2");
  CHECK(first.run(R"({"n":1})").value() == "1");
}

TEST_CASE("jq: what a program does wrong is no failure of the machine") {
  for (const char* text : {"error(1)", "last(repeat(1))", "[range(1e9)]"}) {
    CAPTURE(text);
    auto program = jq::Program::compile(text, little).value();
    CHECK(program.run("{}").error().cause == jq::RunError::Cause::program);
  }
  CHECK(jq::Program::compile(".", jq::Limits{.output_most = 1}).value().run("12").error().cause ==
        jq::RunError::Cause::program);
}

TEST_CASE("jq: an output that is too long is refused") {
  CHECK(outcome("[range(1000)]", "1", jq::Limits{.output_most = 100}) ==
        "its output is longer than 100 bytes");
}

TEST_CASE("jq: programs that share a process outlive it together") {
  const jq::Interpreter jq{little};
  auto good = jq.compile(".a").value();
  auto endless = jq.compile("last(repeat(1))").value();
  CHECK_FALSE(jq.compile("nonsense("));
  auto other = jq.compile(".b").value();
  CHECK(good.run(R"({"a":1,"b":2})").value() == "1");
  CHECK_FALSE(endless.run("{}"));
  CHECK(other.run(R"({"a":1,"b":2})").value() == "2");
  CHECK(good.run(R"({"a":1,"b":2})").value() == "1");
}

TEST_CASE("jq: each thread may have programs of its own") {
  std::vector<std::thread> threads;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([n] {
      auto program = jq::Program::compile(".n + " + std::to_string(n)).value();
      for (int i = 0; i < 50; ++i)
        CHECK(program.run("{\"n\":" + std::to_string(i) + "}").value() == std::to_string(i + n));
    });
  for (auto& thread : threads) thread.join();
}

TEST_CASE("jq: a document of a megabyte goes through whole") {
  const std::string text(1'000'000, 'x');
  CHECK(outcome(".t", "{\"t\":\"" + text + "\"}") == '"' + text + '"');
}
