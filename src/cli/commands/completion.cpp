#include "cli/commands/completion.hpp"

#include "base/text/shell_text.hpp"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

struct Word {
  std::string text;
  std::string meaning;
  bool takes_value = false;
};

/// One command of the tree: "dispatch dlq release", and what may follow it.
struct CommandWords {
  std::vector<std::string> path;
  std::vector<Word> commands;
  std::vector<Word> options;      ///< its own
  std::vector<Word> all_options;  ///< and those of the commands above, which may stand here too
  std::string name() const { return CLI::detail::join(path, " "); }
};

std::vector<Word> options_of(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames())
      words.push_back({"--" + name, option->get_description(), option->get_items_expected_max() > 0});
  return words;
}

void walk(const CLI::App& app, std::vector<std::string> path, std::vector<Word> above,
          std::vector<CommandWords>& into) {
  path.push_back(app.get_name());
  CommandWords command{path, {}, options_of(app), {}};
  command.all_options = command.options;
  for (const Word& word : above)
    if (word.text != "--help" && word.text != "--version") command.all_options.push_back(word);
  const auto subs = app.get_subcommands({});
  for (const CLI::App* sub : subs) command.commands.push_back({sub->get_name(), sub->get_description()});
  above = command.all_options;
  into.push_back(std::move(command));
  for (const CLI::App* sub : subs) walk(*sub, path, above, into);
}

std::vector<CommandWords> commands_of(const CLI::App& app) {
  std::vector<CommandWords> commands;
  walk(app, {}, {}, commands);
  return commands;
}

std::string texts(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

/// The branches of a shell's `case` that follow the words typed so far down the tree.
std::string descent(const std::vector<CommandWords>& commands) {
  std::string out;
  for (const CommandWords& command : commands)
    if (command.path.size() > 1)
      out += fmt::format("      {}) at={} ;;\n", shell_quoted(command.name()), shell_quoted(command.name()));
  return out;
}

std::string zsh_words(const std::vector<Word>& words) {
  std::string out;
  for (const Word& word : words) out += " " + shell_quoted(word.text + ":" + word.meaning);
  return out;
}

/// fish's condition for "this command, and none below it, has been typed".
std::string fish_condition(const CommandWords& command) {
  if (command.path.size() == 1) return "__fish_use_subcommand";
  std::string out;
  for (std::size_t i = 1; i < command.path.size(); ++i)
    out += fmt::format("{}__fish_seen_subcommand_from {}", i > 1 ? "; and " : "", command.path[i]);
  if (!command.commands.empty()) out += "; and not __fish_seen_subcommand_from " + texts(command.commands);
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const auto commands = commands_of(app);
  std::string choices;
  for (const CommandWords& command : commands)
    choices += fmt::format("    {}) options={} commands={} ;;\n", shell_quoted(command.name()),
                           shell_quoted(texts(command.all_options)), shell_quoted(texts(command.commands)));
  return fmt::format(R"(# bash completion for {0}
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} at={0} word options commands
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$at $word" in
{1}    esac
  done
  case "$at" in
{2}  esac
  case "$current" in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current") ;;
  esac
}}
complete -o default -F _{0} {0}
)",
                     app.get_name(), descent(commands), choices);
}

std::string zsh_completion(const CLI::App& app) {
  const auto commands = commands_of(app);
  std::string choices;
  for (const CommandWords& command : commands)
    choices +=
        fmt::format("    {})\n      options=({} )\n      commands=({} ) ;;\n", shell_quoted(command.name()),
                    zsh_words(command.all_options), zsh_words(command.commands));
  return fmt::format(R"(#compdef {0}
_{0}() {{
  local at={0} word
  local -a options commands
  for word in ${{words[2,CURRENT-1]}}; do
    case "$at $word" in
{1}    esac
  done
  case "$at" in
{2}  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option options
  elif (( ${{#commands}} )); then
    _describe command commands
  else
    _files
  fi
}}
if [[ ${{funcstack[1]}} == _{0} ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     app.get_name(), descent(commands), choices);
}

std::string fish_completion(const CLI::App& app) {
  const std::string& program = app.get_name();
  std::string out = fmt::format("# fish completion for {}\n", program);
  for (const CommandWords& command : commands_of(app)) {
    const std::string condition = shell_quoted(fish_condition(command));
    for (const Word& word : command.commands)
      out += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", program, condition, word.text,
                         shell_quoted(word.meaning));
    // What stands at the top may stand everywhere, so it has no condition.
    const std::string where = command.path.size() == 1 ? "" : " -n " + condition;
    for (const Word& word : command.options)
      out += fmt::format("complete -c {}{} -l {} -d {}{}\n", program, where, word.text.substr(2),
                         shell_quoted(word.meaning), word.takes_value ? " -r" : "");
  }
  return out;
}

}  // namespace dispatch::cli
