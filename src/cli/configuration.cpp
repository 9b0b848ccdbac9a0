#include "cli/configuration.hpp"

#include "cli/nearest.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw CLI::ConfigError(std::move(message), CLI::ExitCodes::ConfigError);
}

/// The line up to its comment. A '#' within quotes is text.
std::string_view without_comment(std::string_view line, std::size_t number) {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && c == '#') return line.substr(0, i);
    if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = '\0';
  }
  if (quote != '\0') refuse(fmt::format("line {}: a quote is not closed", number));
  return line;
}

/// The options a key of these parents may name; null where there is no such table.
const CLI::App* command_of(const CLI::App& app, const std::vector<std::string>& parents) {
  const CLI::App* command = &app;
  for (const std::string& parent : parents) {
    const auto named = command->get_subcommands([&](const CLI::App* sub) { return sub->check_name(parent); });
    if (named.empty()) return nullptr;
    command = named.front();
  }
  return command;
}

std::vector<std::string> keys_of(const CLI::App& command) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : command.get_options())
    if (option->get_configurable())
      for (const std::string& name : option->get_lnames()) keys.push_back(name);
  return keys;
}

bool set_in_environment(const CLI::Option& option) {
  if (option.get_envname().empty()) return false;
  const char* value = std::getenv(option.get_envname().c_str());
  return value != nullptr && *value != '\0';
}

/// CLI11 marks the start and the end of a table with these names.
bool is_table_mark(const CLI::ConfigItem& item) {
  return item.name == "++" || item.name == "--";
}

}  // namespace

std::vector<CLI::ConfigItem> Configuration::from_config(std::istream& input) const {
  std::stringstream bare;
  std::size_t number = 0;
  for (std::string line; std::getline(input, line);) bare << without_comment(line, ++number) << '\n';

  auto items = CLI::ConfigTOML::from_config(bare);
  std::erase_if(items, [this](const CLI::ConfigItem& item) {
    const CLI::App* command = command_of(app_, item.parents);
    if (command == nullptr)
      refuse(fmt::format("unknown table [{}]; a table has the name of a command",
                         CLI::detail::join(item.parents, ".")));
    if (is_table_mark(item)) return false;
    const auto keys = keys_of(*command);
    if (std::find(keys.begin(), keys.end(), item.name) == keys.end())
      refuse(fmt::format("unknown key '{}'{}", item.fullname(), did_you_mean(item.name, keys)));
    return set_in_environment(*command->get_option("--" + item.name));
  });
  return items;
}

// CLI11 ignores an environment variable for its configuration option, so the variable becomes the default,
// and a file that it names must be there.
void add_configuration(CLI::App& app) {
  const char* named = std::getenv("DISPATCH_CONFIG");
  const bool given = named != nullptr && *named != '\0';
  app.set_config("--config", given ? named : "", "Read options from a TOML file", given)
      ->type_name("FILE")
      ->envname("DISPATCH_CONFIG");
  app.config_formatter(std::make_shared<Configuration>(app));
  app.allow_config_extras(CLI::config_extras_mode::error);
}

}  // namespace dispatch::cli
