#include "cli/options/misplaced_options.hpp"

#include "base/text/suggestion.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

void add_options(const CLI::App& command, std::vector<std::string>& names) {
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
}

/// The way to a command that was chosen: "dispatch events cancel".
std::string called(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : called(*parent) + " " + command.get_name();
}

[[noreturn]] void refuse(const CLI::Option& option, const CLI::App& chosen) {
  const std::string name = "--" + option.get_lnames().front();
  const std::string what =
      chosen.get_option_no_throw(name) != nullptr
          ? fmt::format("{} stands before '{}'; write it behind: {} {}", name, chosen.get_name(),
                        called(chosen), name)
          : fmt::format("unknown option '{}'{}", name, did_you_mean(name, options_behind(chosen)));
  throw CLI::ParseError(what, CLI::ExitCodes::ExtrasError);
}

}  // namespace

std::vector<std::string> options_behind(const CLI::App& command) {
  std::vector<std::string> names;
  add_options(command, names);
  const CLI::App* top = &command;
  while (top->get_parent() != nullptr) top = top->get_parent();
  if (top != &command) add_options(*top, names);
  return names;
}

void check_misplaced_options(const CLI::App& app) {
  std::vector<const CLI::App*> between;
  const CLI::App* chosen = &app;
  for (auto deeper = app.get_subcommands(); !deeper.empty(); deeper = chosen->get_subcommands()) {
    if (chosen != &app) between.push_back(chosen);
    chosen = deeper.front();
  }
  for (const CLI::App* command : between)
    for (const CLI::Option* option : command->get_options())
      if (option->count() > 0 && !option->get_lnames().empty()) refuse(*option, *chosen);
}

}  // namespace dispatch::cli
