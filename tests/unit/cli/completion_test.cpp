#include "cli/commands/completion.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

using namespace dispatch::cli;

namespace {

/// dlq release, with an option of its own, and a global one.
void describe_small(CLI::App& app) {
  app.name("small");
  app.set_help_flag("--help", "Help");
  app.add_option("--journal", "The journal");
  CLI::App* dlq = app.add_subcommand("dlq", "Dead letters");
  CLI::App* release = dlq->add_subcommand("release", "Send again, don't wait");
  release->add_option("--entity", "Of an entity");
  release->add_flag_callback(
      "--all", [] {}, "All");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("bash completes the commands and the options of where it stands") {
  CLI::App app;
  describe_small(app);
  const std::string script = bash_completion(app);
  CHECK(has(script, "'small') options='--help --journal' commands='dlq' ;;"));
  CHECK(has(script, "'small dlq') options='--help --journal' commands='release' ;;"));
  CHECK(has(script, "'small dlq release') options='--help --entity --all --journal' commands='' ;;"));
  CHECK(has(script, "complete -o default -F _small small\n"));
}

TEST_CASE("zsh is given what each word means") {
  CLI::App app;
  describe_small(app);
  const std::string script = zsh_completion(app);
  CHECK(script.find("#compdef small\n") == 0);
  CHECK(has(script, "'release:Send again, don'\\''t wait'"));
  CHECK(has(script, "'--entity:Of an entity'"));
}

TEST_CASE("fish is told where a word fits and which options take a value") {
  CLI::App app;
  describe_small(app);
  const std::string script = fish_completion(app);
  CHECK(has(script, "complete -c small -f -n '__fish_use_subcommand' -a dlq -d 'Dead letters'\n"));
  CHECK(has(script,
            "complete -c small -f -n '__fish_seen_subcommand_from dlq; and not __fish_seen_subcommand_from "
            "release' -a release"));
  CHECK(has(script, "-l entity -d 'Of an entity' -r\n"));
  CHECK(has(script, "-l all -d 'All'\n"));
}
