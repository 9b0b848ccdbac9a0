#include "cli/options/configuration/value_source.hpp"

#include "cli/options/configuration/configuration.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

enum class Commands { chosen, all };

void add_options(const CLI::App& app, Commands which, std::vector<const CLI::Option*>& options) {
  const auto wanted = [&](const CLI::App* sub) { return which == Commands::all || sub->parsed(); };
  for (const CLI::App* sub : app.get_subcommands(wanted)) add_options(*sub, which, options);
  for (const CLI::Option* option : app.get_options()) options.push_back(option);
}

/// The options of the command that was chosen and of those above it, then all there are: a configuration file
/// and the environment are read for every command.
std::vector<const CLI::Option*> all_options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  add_options(app, Commands::chosen, options);
  add_options(app, Commands::all, options);
  return options;
}

bool is_typed(const CLI::Option& option, int argc, const char* const* argv) {
  const auto names_it = [&](std::string_view word) {
    word = word.substr(0, word.find('='));
    return word.starts_with("--") && option.check_lname(std::string{word.substr(2)});
  };
  for (int i = 1; i < argc && std::string_view{argv[i]} != "--"; ++i)
    if (names_it(argv[i])) return true;
  return false;
}

const char* variable_of(const CLI::Option& option) {
  if (option.get_envname().empty()) return nullptr;
  const char* const value = std::getenv(option.get_envname().c_str());
  return value != nullptr && *value != '\0' ? value : nullptr;
}

/// Where the option was set, if it was not typed.
std::optional<std::string> source_of(const CLI::Option& option, const CLI::App& app) {
  if (variable_of(option) != nullptr)
    return fmt::format("by the environment variable {}", option.get_envname());
  const auto file = std::dynamic_pointer_cast<Configuration>(app.get_config_formatter());
  const auto line = file ? file->line_of(option) : std::nullopt;
  if (!line) return std::nullopt;
  return fmt::format("in line {} of the configuration file {}", *line,
                     app.get_config_ptr()->as<std::string>());
}

/// "--backoff" of "--backoff: is wrong"; empty where the message begins otherwise.
std::string_view option_named_by(std::string_view message) {
  if (!message.starts_with("--")) return {};
  return message.substr(0, message.find_first_of(": "));
}

bool is_path_or_address(std::string_view value) {
  return value.find_first_of("/:") != std::string_view::npos;
}

bool has_value_of(std::string_view message, const CLI::Option& option) {
  const auto shown = [&](std::string_view value) {
    return is_path_or_address(value) && message.find(value) != std::string_view::npos;
  };
  if (const char* const value = variable_of(option)) return shown(value);
  const auto& values = option.results();
  return std::any_of(values.begin(), values.end(), shown);
}

}  // namespace

Error with_value_source(Error error, const CLI::App& app, int argc, const char* const* argv) {
  const std::string_view named = option_named_by(error.message);
  for (const CLI::Option* option : all_options_of(app)) {
    if (option->get_lnames().empty()) continue;
    const bool is_named = !named.empty() && option->check_lname(std::string{named.substr(2)});
    const bool is_shown =
        named.empty() && error.failure == Failure::usage && has_value_of(error.message, *option);
    if (!is_named && !is_shown) continue;
    if (is_typed(*option, argc, argv)) return error;
    const auto source = source_of(*option, app);
    if (!source) continue;
    error.message += fmt::format("; --{} is set {}", option->get_lnames().front(), *source);
    return error;
  }
  return error;
}

}  // namespace dispatch::cli
