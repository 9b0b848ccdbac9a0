#include "cli/options/parse.hpp"

#include "base/text/whole_number.hpp"
#include "cli/options/configuration/configuration.hpp"
#include "cli/options/configuration/value_source.hpp"
#include "cli/options/never_empty.hpp"
#include "cli/options/option_values.hpp"
#include "support/disk/temp_dir.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>
#include <stdlib.h>

using namespace dispatch;
using namespace dispatch::cli;

namespace {

/// An environment variable, for as long as the object lives.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_.c_str()); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  std::string name_;
};

class ConfigurationFile {
 public:
  explicit ConfigurationFile(std::string_view text) : path_(directory_.write("dispatch.toml", text)) {}
  const std::string& path() const { return path_; }

 private:
  test::TempDir directory_;
  std::string path_;
};

/// A small program with one command, set up as the whole one is.
struct SmallProgram {
  SmallProgram() {
    app.name("small");
    app.require_subcommand(1);
    app.fallthrough();
    from_environment(app.add_option("--journal", journal));
    add_configuration(app);
    CLI::App* run = app.add_subcommand("run");
    from_environment(add_value(*run, "--per-host", per_host, WholeNumber{1, 1000}, ""));
    from_environment(run->add_option("--to", to));
    run->add_option("--field", fields)->allow_extra_args(false);
    run->add_option("FILE", files);
    run->add_flag("--quiet", quiet);
    from_environment(never_empty(run->add_option("--cacert", cacert)));
    from_environment(never_empty(run->add_flag("--deny-private", deny_private)));
    app.add_subcommand("status");
  }

  Result<> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "small");
    const auto answered = cli::parse(app, static_cast<int>(words.size()), words.data());
    if (!answered) return tl::unexpected(answered.error());
    return {};
  }
  std::string error(std::vector<const char*> words) {
    const auto parsed = parse(std::move(words));
    return parsed ? "" : parsed.error().message;
  }

  CLI::App app;
  std::string journal = "default.db";
  std::uint64_t per_host = 50;
  std::string to, cacert;
  bool deny_private = false;
  std::vector<std::string> fields, files;
  bool quiet = false;
};

}  // namespace

TEST_CASE("an option that is not given keeps its default") {
  SmallProgram program;
  REQUIRE(program.parse({"run"}));
  CHECK(program.journal == "default.db");
  CHECK(program.per_host == 50);
}

TEST_CASE("a flag wins over the environment and the environment over the file") {
  const ConfigurationFile file{"journal = \"file.db\"\n[run]\nper-host = 10\n"};
  {
    SmallProgram program;
    REQUIRE(program.parse({"--config", file.path().c_str(), "run"}));
    CHECK(program.journal == "file.db");
    CHECK(program.per_host == 10);
  }
  const Variable journal{"DISPATCH_JOURNAL", "variable.db"};
  const Variable per_host{"DISPATCH_PER_HOST", "20"};
  {
    SmallProgram program;
    REQUIRE(program.parse({"--config", file.path().c_str(), "run"}));
    CHECK(program.journal == "variable.db");
    CHECK(program.per_host == 20);
  }
  {
    SmallProgram program;
    REQUIRE(
        program.parse({"--config", file.path().c_str(), "--journal", "flag.db", "run", "--per-host", "30"}));
    CHECK(program.journal == "flag.db");
    CHECK(program.per_host == 30);
  }
}

TEST_CASE("an empty environment variable says nothing") {
  const ConfigurationFile file{"journal = \"file.db\"\n"};
  const Variable journal{"DISPATCH_JOURNAL", ""};
  SmallProgram program;
  REQUIRE(program.parse({"--config", file.path().c_str(), "run"}));
  CHECK(program.journal == "file.db");
}

TEST_CASE("a wrong value is refused wherever it comes from") {
  CHECK(SmallProgram{}.error({"run", "--per-host", "0"}) ==
        "--per-host: '0' is not a whole number from 1 to 1000; see 'small run --help'");
  const ConfigurationFile file{"[run]\nper-host = \"many\"\n"};
  CHECK(SmallProgram{}.error({"--config", file.path().c_str(), "run"}).find("'many' is not a whole number") !=
        std::string::npos);
  const Variable per_host{"DISPATCH_PER_HOST", "few"};
  CHECK(SmallProgram{}.error({"run"}).find("'few' is not a whole number") != std::string::npos);
}

TEST_CASE("a wrong value names the line of the file or the variable that it comes from") {
  const ConfigurationFile file{"# ours\n[run]\nper-host = \"many\"\n"};
  const std::vector<const char*> with_file{"--config", file.path().c_str(), "run"};
  const std::string in_file =
      "--per-host: 'many' is not a whole number from 1 to 1000; --per-host is set in line 3 of "
      "the configuration file " +
      file.path();
  CHECK(SmallProgram{}.error(with_file) == in_file + "; see 'small run --help'");
  // The file is read for every command.
  CHECK(SmallProgram{}.error({"--config", file.path().c_str(), "status"}) ==
        in_file + "; see 'small status --help'");
  const Variable per_host{"DISPATCH_PER_HOST", "few"};
  const std::string in_variable =
      "--per-host: 'few' is not a whole number from 1 to 1000; --per-host is set by the "
      "environment variable DISPATCH_PER_HOST";
  CHECK(SmallProgram{}.error(with_file) == in_variable + "; see 'small run --help'");
  CHECK(SmallProgram{}.error({"--config", file.path().c_str(), "run", "--per-host", "0"}) ==
        "--per-host: '0' is not a whole number from 1 to 1000; see 'small run --help'");
  CHECK(SmallProgram{}.error({"run", "--per-host=0"}).find("is set") == std::string::npos);
}

TEST_CASE("a flag that is neither true nor false and a value too many name their line") {
  const auto error = [](const char* line) {
    const ConfigurationFile file{std::string{"[run]\n"} + line};
    const auto said = SmallProgram{}.error({"--config", file.path().c_str(), "run"});
    return said.substr(0, said.find(" of the configuration file"));
  };
  CHECK(error("quiet = \"maybe\"") == "--quiet: 'maybe' is neither true nor false; --quiet is set in line 2");
  CHECK(error("to = [\"http://a/\", \"http://b/\"]") == "--to takes one value only; --to is set in line 2");
  CHECK(error("cacert = \"\"") == "--cacert: must not be empty; --cacert is set in line 2");
}

TEST_CASE("a configuration file that a variable names and that is not there names the variable") {
  const Variable config{"DISPATCH_CONFIG", "/nonexistent/file.toml"};
  CHECK(SmallProgram{}.error({"run"}).find("; --config is set by the environment variable DISPATCH_CONFIG") !=
        std::string::npos);
}

TEST_CASE("an error that comes after the options were read names the source of a value that was not typed") {
  const ConfigurationFile file{"[run]\nto = \"http:/typo\"\n"};
  SmallProgram program;
  const std::vector<const char*> words{"small", "--config", file.path().c_str(), "run", "--cacert", "/typed"};
  REQUIRE_FALSE(cli::parse(program.app, static_cast<int>(words.size()), words.data()).value());
  const auto said = [&](Error error) {
    return with_value_source(std::move(error), program.app, static_cast<int>(words.size()), words.data())
        .message;
  };
  const std::string source = "; --to is set in line 2 of the configuration file " + file.path();
  CHECK(said({Failure::usage, "--to 'http:/typo' has no host"}) == "--to 'http:/typo' has no host" + source);
  CHECK(said({Failure::usage, "cannot use http:/typo"}) == "cannot use http:/typo" + source);
  CHECK(said({Failure::failed, "http:/typo went away"}) == "http:/typo went away");
  CHECK(said({Failure::usage, "cannot read /typed"}) == "cannot read /typed");
  CHECK(said({Failure::usage, "give --to URL"}) == "give --to URL");
}

TEST_CASE("an unknown key of the configuration file is an error that names the file and the nearest key") {
  const ConfigurationFile file{"[run]\nper-hots = 10\n"};
  CHECK(SmallProgram{}.error({"--config", file.path().c_str(), "run"}) ==
        "in the configuration file " + file.path() +
            ": line 2: unknown key 'run.per-hots'; did you mean 'per-host'?; see 'small run --help'");
}

TEST_CASE("an unknown key is an error even where its table belongs to another command") {
  const ConfigurationFile file{"[status]\nper-host = 10\n"};
  CHECK(
      SmallProgram{}.error({"--config", file.path().c_str(), "run"}).find("unknown key 'status.per-host'") !=
      std::string::npos);
}

TEST_CASE("an unknown table of the configuration file is an error") {
  const ConfigurationFile file{"[rnu]\nper-host = 10\n"};
  CHECK(SmallProgram{}.error({"--config", file.path().c_str(), "run"}).find("unknown table [rnu]") !=
        std::string::npos);
}

TEST_CASE("a number sign within quotes is not a comment") {
  const ConfigurationFile file{"# all of this\n[run] # is ours\nto = \"http://host/#top\" # so is this\n"};
  SmallProgram program;
  REQUIRE(program.parse({"--config", file.path().c_str(), "run"}));
  CHECK(program.to == "http://host/#top");
}

TEST_CASE("a quote that is not closed is an error with its line") {
  const ConfigurationFile file{"\n[run]\nto = \"http://host\n"};
  CHECK(SmallProgram{}
            .error({"--config", file.path().c_str(), "run"})
            .find("line 3: a quote of 'to' is not closed") != std::string::npos);
}

TEST_CASE("an array of the configuration file gives an option several times") {
  const ConfigurationFile file{"[run]\nfield = [\"event_id=/id\", \"entity_id=/a,b\"]\nquiet = true\n"};
  SmallProgram program;
  REQUIRE(program.parse({"--config", file.path().c_str(), "run"}));
  CHECK(program.fields == std::vector<std::string>{"event_id=/id", "entity_id=/a,b"});
  CHECK(program.quiet);
}

TEST_CASE("a configuration file that cannot be read is an error") {
  CHECK(SmallProgram{}
            .error({"--config", "/nonexistent/file.toml", "run"})
            .find("cannot read the configuration file /nonexistent/file.toml") == 0);
}

TEST_CASE("an option that may be repeated takes one value each time") {
  SmallProgram program;
  REQUIRE(program.parse({"run", "--field", "event_id=/id", "events.jsonl"}));
  CHECK(program.fields == std::vector<std::string>{"event_id=/id"});
  CHECK(program.files == std::vector<std::string>{"events.jsonl"});
}

TEST_CASE("a file may have the name of a command") {
  SmallProgram program;
  REQUIRE(program.parse({"run", "status", "run"}));
  CHECK(program.files == std::vector<std::string>{"status", "run"});
}

TEST_CASE("a global option may stand after the command") {
  SmallProgram program;
  REQUIRE(program.parse({"run", "--journal", "other.db"}));
  CHECK(program.journal == "other.db");
}

TEST_CASE("what is unknown is told with what was probably meant") {
  CHECK(SmallProgram{}.error({"rnu"}) == "unknown command 'rnu'; did you mean 'run'?; see 'small --help'");
  CHECK(SmallProgram{}.error({"run", "--perhost=3"}) ==
        "unknown option '--perhost'; did you mean '--per-host'?; see 'small run --help'");
  CHECK(SmallProgram{}.error({"status", "now"}) == "unexpected argument 'now'; see 'small status --help'");
  CHECK(SmallProgram{}.error({}) == "a command is required: run or status; see 'small --help'");
}

TEST_CASE("an option without its value is named") {
  CHECK(SmallProgram{}.error({"run", "--journal="}) == "--journal needs a value; see 'small --help'");
  CHECK(SmallProgram{}.error({"--journal=", "run"}).find("--journal needs a value") == 0);
  CHECK(SmallProgram{}.error({"run", "--to"}) == "--to needs a value; see 'small run --help'");
}

TEST_CASE("a wrong value is told although the command below is missing") {
  CLI::App app;
  std::uint64_t number = 0;
  app.name("small");
  CLI::App* events = app.add_subcommand("events");
  add_value(*events, "--limit", number, WholeNumber{1, 10}, "");
  events->add_subcommand("list");
  const std::vector<const char*> words{"small", "events", "--limit", "0"};
  const auto parsed = cli::parse(app, static_cast<int>(words.size()), words.data());
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message ==
        "--limit: '0' is not a whole number from 1 to 10; see 'small events --help'");
}

TEST_CASE("an option of the command above is refused behind or before a command that does not have it") {
  struct Families {
    Families() {
      app.name("small");
      app.fallthrough();
      app.add_option("--journal", journal);
      add_configuration(app);
      CLI::App* events = app.add_subcommand("events");
      events->add_option("--entity", listed);
      events->add_option("--since", since);
      CLI::App* cancel = events->add_subcommand("cancel");
      cancel->add_option("--entity", cancelled);
      cancel->add_option("--accepted-since", since);
    }
    std::string error(std::vector<const char*> words) {
      words.insert(words.begin(), "small");
      const auto answered = cli::parse(app, static_cast<int>(words.size()), words.data());
      return answered ? "" : answered.error().message;
    }
    CLI::App app;
    std::string journal, listed, since, cancelled;
  };
  const ConfigurationFile file{"[events]\nentity = 'X'\nsince = '2h'\n"};
  const std::string named = "--config=" + file.path();
  for (const char* config : {named.c_str(), static_cast<const char*>(nullptr)}) {
    CAPTURE(config);
    const auto error = [&](std::vector<const char*> words) {
      if (config != nullptr) words.insert(words.begin(), config);
      return Families{}.error(std::move(words));
    };
    CHECK(error({"events", "cancel", "--since", "1h"}) ==
          "unknown option '--since'; see 'small events cancel --help'");
    CHECK(error({"events", "--since", "1h", "cancel"}) ==
          "unknown option '--since'; see 'small events cancel --help'");
    CHECK(error({"events", "--entity", "Y", "cancel"}) ==
          "--entity stands before 'cancel'; write it behind: small events cancel --entity; see 'small events "
          "cancel --help'");
    CHECK(error({"events", "cancel", "--entity", "Y", "--journal", "j.db"}).empty());
    CHECK(error({"events", "--entity", "Y"}).empty());
  }
}

TEST_CASE("an empty value of an option that security depends on is misuse wherever it stands") {
  CHECK(SmallProgram{}.parse({"run", "--cacert", "x"}));
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"run", "--cacert", ""}, {"run", "--cacert="}}) {
    const auto parsed = SmallProgram{}.parse(words);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().failure == Failure::usage);
  }
  for (const char* line : {"[run]\ncacert = \"\"\n", "[run]\ncacert = ''\n", "run.cacert = \"\"\n"}) {
    CAPTURE(line);
    const ConfigurationFile file{line};
    CHECK_FALSE(SmallProgram{}.parse({"--config", file.path().c_str(), "run"}));
  }
  for (const char* name : {"DISPATCH_CACERT", "DISPATCH_DENY_PRIVATE"}) {
    const Variable empty{name, ""};
    const auto parsed = SmallProgram{}.parse({"run"});
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message.find(std::string{name} + ": must not be empty") != std::string::npos);
    CHECK(SmallProgram{}.parse({"status"}));
  }
}
