#include "cli/options/configuration/configuration.hpp"

#include "base/text/suggestion.hpp"
#include "cli/options/configuration/toml.hpp"
#include "cli/options/misplaced_options.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw CLI::ConfigError(std::move(message), CLI::ExitCodes::ConfigError);
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

}  // namespace

std::vector<CLI::ConfigItem> Configuration::from_config(std::istream& input) const {
  check_misplaced_options(app_);
  const std::string text{std::istreambuf_iterator<char>{input}, {}};
  auto entries = read_toml(text);
  if (!entries) refuse(entries.error().message);
  std::vector<CLI::ConfigItem> read;
  for (TomlEntry& entry : *entries) {
    CLI::ConfigItem item;
    item.name = entry.path.back();
    item.parents.assign(entry.path.begin(), entry.path.end() - 1);
    item.inputs = std::move(entry.values);
    const CLI::App* command = command_of(app_, item.parents);
    if (command == nullptr)
      refuse(fmt::format("line {}: unknown table [{}]; a table has the name of a command", entry.line,
                         CLI::detail::join(item.parents, ".")));
    const auto keys = keys_of(*command);
    if (std::find(keys.begin(), keys.end(), item.name) == keys.end())
      refuse(fmt::format("line {}: unknown key '{}'{}", entry.line, item.fullname(),
                         did_you_mean(item.name, keys)));
    const CLI::Option* option = command->get_option("--" + item.name);
    if (set_in_environment(*option)) continue;
    lines_[option] = entry.line;
    read.push_back(std::move(item));
  }
  return read;
}

std::optional<std::size_t> Configuration::line_of(const CLI::Option& option) const {
  const auto found = lines_.find(&option);
  if (found == lines_.end()) return std::nullopt;
  return found->second;
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
