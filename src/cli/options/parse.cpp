#include "cli/options/parse.hpp"

#include "base/system/fd.hpp"
#include "base/text/suggestion.hpp"
#include "cli/options/configuration/value_source.hpp"
#include "cli/options/misplaced_options.hpp"
#include "cli/options/never_empty.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

/// The innermost command that was chosen, and how it is called.
struct Chosen {
  CLI::App* command;
  std::string name;
};

Chosen chosen(CLI::App& app) {
  Chosen chosen{&app, app.get_name()};
  for (auto deeper = app.get_subcommands(); !deeper.empty(); deeper = chosen.command->get_subcommands()) {
    chosen.command = deeper.front();
    chosen.name += " " + chosen.command->get_name();
  }
  return chosen;
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

/// What is wrong with a word that nothing recognised.
std::string about_unknown(const std::string& word, const Chosen& chosen) {
  if (word.size() > 1 && word.front() == '-') {
    const std::string option = word.substr(0, word.find('='));
    const auto behind = options_behind(*chosen.command);
    if (std::find(behind.begin(), behind.end(), option) != behind.end())
      return fmt::format("{} stands before '{}'; write it behind: {} {}", option, chosen.command->get_name(),
                         chosen.name, option);
    return fmt::format("unknown option '{}'{}", option, did_you_mean(option, behind));
  }
  const auto commands = command_names(*chosen.command);
  if (commands.empty()) return fmt::format("unexpected argument '{}'", word);
  return fmt::format("unknown command '{}'{}", word, did_you_mean(word, commands));
}

/// "list, show or release".
std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

/// The first option that is written as "--journal=", for which CLI11 would take the next word; empty where
/// there is none.
std::string_view without_value(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') == word.size() - 1) return word.substr(0, word.size() - 1);
  }
  return {};
}

/// CLI11 says "--journal: 1 required FILE missing", or "--to: At Most 1 required but received 2".
std::string about_number_of_values(std::string_view said) {
  return fmt::format(
      "{} {}", said.substr(0, said.find(':')),
      said.find("At Most") != std::string_view::npos ? "takes one value only" : "needs a value");
}

/// CLI11 says "Could not convert: --quiet = maybe"; only a flag can be wrong in that way.
std::string about_flag(std::string_view said) {
  constexpr std::string_view begin = "Could not convert: ", between = " = ";
  const auto value = said.find(between);
  if (!said.starts_with(begin) || value == std::string_view::npos) return std::string{said};
  return fmt::format("{}: '{}' is neither true nor false", said.substr(begin.size(), value - begin.size()),
                     said.substr(value + between.size()));
}

/// CLI11 does not say why the file cannot be read.
std::string about_configuration(const std::string& path) {
  std::error_code error;
  int reason = std::filesystem::is_directory(path, error) ? EISDIR : 0;
  if (reason == 0 && !Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}) reason = errno;
  return fmt::format("cannot read the configuration file {}{}", path,
                     reason != 0 ? ": " + errno_text(reason) : "");
}

/// Where it does, cli/options/configuration/configuration.hpp checks what must be checked before.
bool reads_configuration(CLI::App& app) {
  return app.get_config_ptr() != nullptr && !app.get_config_ptr()->as<std::string>().empty();
}

std::string about(const CLI::ParseError& error, CLI::App& app, const Chosen& chosen) {
  if (const auto unknown = app.remaining(true); !unknown.empty())
    return about_unknown(unknown.front(), chosen);
  if (error.get_name() == "FileError") return about_configuration(app.get_config_ptr()->as<std::string>());
  if (error.get_name() == "ConfigError")
    return fmt::format("in the configuration file {}: {}", app.get_config_ptr()->as<std::string>(),
                       error.what());
  if (error.get_name() == "RequiredError") {
    const auto commands = command_names(*chosen.command);
    if (!commands.empty() && chosen.command->get_subcommands().empty())
      return fmt::format("a command is required: {}", one_of(commands));
  }
  if (error.get_name() == "ArgumentMismatch") return about_number_of_values(error.what());
  if (error.get_name() == "ConversionError") return about_flag(error.what());
  return error.what();
}

}  // namespace

Result<std::optional<ExitCode>> parse(CLI::App& app, int argc, const char* const* argv) {
  if (const auto option = without_value(argc, argv); !option.empty())
    return misuse("{} needs a value; see '{} --help'", option, app.get_name());
  try {
    app.parse(argc, argv);
    if (!reads_configuration(app)) check_misplaced_options(app);
    check_variables(*chosen(app).command);
    return std::nullopt;
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return ExitCode::delivered;
  } catch (const CLI::ParseError& error) {
    const Chosen command = chosen(app);
    const auto what = with_value_source({Failure::usage, about(error, app, command)}, app, argc, argv);
    return misuse("{}; see '{} --help'", what.message, command.name);
  }
}

}  // namespace dispatch::cli
