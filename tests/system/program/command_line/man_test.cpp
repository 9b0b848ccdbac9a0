#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

const std::filesystem::path man = DISPATCH_SOURCE_DIR "/man";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream{line};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// For a message that shows what differs.
std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

/// What --help lists: the first word of each line of a group, where the line is one entry further in.
struct Help {
  std::set<std::string> options;
  std::vector<std::string> commands;
};

Help help_of(const TempDir& directory, std::vector<std::string> command) {
  command.emplace_back("--help");
  const auto run = run_dispatch(directory, std::move(command));
  REQUIRE(run.exit_code == 0);
  Help help;
  std::string group;
  for (const std::string& line : lines_of(run.out)) {
    if (line == "EXIT STATUS") break;
    if (!line.empty() && line.front() != ' ' && line.back() == ':') group = line;
    if (!line.starts_with("  ") || line.starts_with("   ")) continue;
    const std::string name = words_of(line).front();
    if (group == "Commands:") help.commands.push_back(name);
    if (const auto dashes = name.find("--"); dashes != std::string::npos)
      help.options.insert(name.substr(dashes));
  }
  return help;
}

/// The options of a command and of the commands below it.
std::set<std::string> options_below(const TempDir& directory, const std::vector<std::string>& command) {
  Help help = help_of(directory, command);
  for (const std::string& name : help.commands) {
    auto below = command;
    below.push_back(name);
    help.options.merge(options_below(directory, below));
  }
  help.options.erase("--help");
  return help.options;
}

/// The options that a page describes: "--name" for each "-name" in an item that begins with a flag.
std::set<std::string> options_in(const std::filesystem::path& page) {
  std::set<std::string> options;
  for (const std::string& line : lines_of(read_file(page))) {
    if (!line.starts_with(".It Fl ")) continue;
    for (const std::string& word : words_of(line))
      if (word.size() > 2 && word.front() == '-') options.insert("-" + word);
  }
  options.erase("--help");
  return options;
}

std::filesystem::path page_of(const std::string& command) {
  return man / ("dispatch-" + command + ".1");
}

/// The shell commands of a page that are marked to be run, block by block, with mdoc's spelling undone.
std::vector<std::string> runnable_examples(const std::filesystem::path& page) {
  std::vector<std::string> examples;
  bool marked = false, inside = false;
  for (std::string line : lines_of(read_file(page))) {
    if (line == ".\\\" runs") {
      marked = true;
    } else if (line.starts_with(".Bd")) {
      inside = marked;
      marked = false;
      if (inside) examples.emplace_back();
    } else if (line.starts_with(".Ed")) {
      inside = false;
    } else if (inside) {
      if (line.starts_with("\\&")) line.erase(0, 2);
      for (auto at = line.find("\\e"); at != std::string::npos; at = line.find("\\e", at + 1))
        line.erase(at + 1, 1);
      examples.back() += line + "\n";
    }
  }
  return examples;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("mandoc has nothing to say about the man pages") {
  const TempDir directory;
  Child child{directory, {"-c", "mandoc -T lint -W warning " + man.string() + "/*.[1-9]"}, {{}, "/bin/sh"}};
  const int exit_code = child.exit_code();
  CHECK(child.out().all() == "");
  CHECK(child.err().all() == "");
  CHECK(exit_code == 0);
}

TEST_CASE("every help page fits a terminal and ends with exit status and examples") {
  const TempDir directory;
  for (const std::string& command : help_of(directory, {}).commands) {
    CAPTURE(command);
    const auto run = run_dispatch(directory, {command, "--help"});
    CHECK(run.exit_code == 0);
    CHECK(run.err.empty());
    const auto exit_status = run.out.find("\nEXIT STATUS\n");
    const auto examples = run.out.find("\nEXAMPLES\n");
    CHECK(examples != std::string::npos);
    CHECK(exit_status < examples);
    for (const std::string& line : lines_of(run.out)) {
      CAPTURE(line);
      CHECK(line.size() <= 80);
    }
  }
}

TEST_CASE("every command has a man page that describes exactly its options") {
  const TempDir directory;
  const Help program = help_of(directory, {});
  REQUIRE(program.commands.size() >= 4);
  for (const std::string& command : program.commands) {
    CAPTURE(command);
    CHECK(std::filesystem::exists(page_of(command)));
    CHECK(joined(options_in(page_of(command))) == joined(options_below(directory, {command})));
  }
  auto global = program.options;
  global.erase("--help");
  CHECK(joined(options_in(man / "dispatch.1")) == joined(global));
}

TEST_CASE("the man page of a command and its help list the same exit statuses") {
  const TempDir directory;
  for (const std::string& command : help_of(directory, {}).commands) {
    CAPTURE(command);
    std::set<std::string> of_help, of_page;
    bool inside = false;
    for (const std::string& line : lines_of(run_dispatch(directory, {command, "--help"}).out)) {
      if (line == "EXIT STATUS" || line == "EXAMPLES") inside = line == "EXIT STATUS";
      const bool begins = line.starts_with("  ") && !line.starts_with("   ");
      if (inside && begins) of_help.insert(words_of(line).front());
    }
    for (const std::string& line : lines_of(read_file(page_of(command)))) {
      if (line.starts_with(".Sh ")) inside = line == ".Sh EXIT STATUS";
      if (inside && line.starts_with(".It ")) of_page.insert(line.substr(4));
    }
    CHECK(of_help.size() >= 2);
    CHECK(joined(of_help) == joined(of_page));
  }
}

TEST_CASE("dispatch(1) lists exactly the commands that there are") {
  const TempDir directory;
  std::set<std::string> listed;
  for (const std::string& line : lines_of(read_file(man / "dispatch.1")))
    if (line.starts_with(".It Cm ")) listed.insert(line.substr(7));
  const Help program = help_of(directory, {});
  CHECK(joined(listed) == joined({program.commands.begin(), program.commands.end()}));
}

TEST_CASE("a man page refers to no page of ours that does not exist") {
  for (const auto& page : std::filesystem::directory_iterator{man}) {
    for (const std::string& line : lines_of(read_file(page.path()))) {
      if (!line.starts_with(".Xr dispatch")) continue;
      const auto words = words_of(line);
      const auto other = man / (words.at(1) + "." + words.at(2));
      INFO(page.path().string(), " refers to ", other.string());
      CHECK(std::filesystem::exists(other));
    }
  }
}

TEST_CASE("the examples of the man pages run") {
  const std::string path =
      std::filesystem::path{DISPATCH_PROGRAM}.parent_path().string() + ":" + std::getenv("PATH");
  std::size_t count = 0;
  for (const auto& page : std::filesystem::directory_iterator{man}) {
    for (std::string example : runnable_examples(page.path())) {
      const TempDir directory;
      const LocalReceiver receiver{directory};
      replace_all(example, "http://127.0.0.1:8080", receiver.url());
      std::filesystem::copy_file(DISPATCH_SOURCE_DIR "/examples/events.jsonl", directory / "events.jsonl");
      Child child{directory, {"-e", "-o", "pipefail", "-c", example}, {{{"PATH", path}}, "/bin/bash"}};
      child.close_input();
      const int exit_code = child.exit_code();
      INFO(page.path().string(), ":\n", example, child.err().all());
      CHECK(exit_code == 0);
      ++count;
    }
  }
  CHECK(count >= 7);
}
