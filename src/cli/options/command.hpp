#pragma once

#include "base/error.hpp"
#include "cli/options/cli11_fwd.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// An option of a command: a handle to CLI11's object, valid as long as the program's top command. Calls that
/// change it return it. With Option and Command a file can describe its options without <CLI/CLI.hpp>, which
/// takes seconds to compile.
class Option {
 public:
  Option(CLI::Option* option) : option_(option) {}

  /// The name of its value in --help: "--workers N".
  Option type_name(const std::string& name) const;
  /// The heading in --help under which it is listed.
  Option group(const std::string& heading) const;
  /// The default that --help shows.
  Option default_str(const std::string& text) const;
  Option required() const;
  /// Whether "--name a b" gives two values.
  Option allow_extra_args(bool allowed) const;
  /// What separates the values within one argument.
  Option delimiter(char separator) const;
  /// The option cannot be given together with `other`.
  Option excludes(Option other) const;
  /// Whether a configuration file may set it.
  Option configurable(bool allowed) const;
  /// The environment variable that can give its value.
  Option environment(const std::string& variable) const;

  /// Its heading in --help.
  const std::string& heading() const;
  /// Its first long name, without the dashes.
  const std::string& long_name() const;
  /// True if it was given in any way. Call it after parsing.
  bool given() const;

  CLI::Option& cli11() const { return *option_; }

 private:
  CLI::Option* option_;
};

/// A command or the program's top command: a handle to CLI11's object, valid as long as the top command.
class Command {
 public:
  Command(CLI::App& app) : app_(&app) {}

  Command add_subcommand(const std::string& name, const std::string& help) const;
  /// The number of subcommands that must be given.
  void require_subcommand(int count) const;
  /// The text at the end of --help.
  void footer(const std::string& text) const;
  /// Called after parsing if this command was given.
  void callback(std::function<void()> call) const;
  /// Called when the options of this command were read, before any `callback`.
  void parse_complete_callback(std::function<void()> call) const;

  /// Adds an option: "--name", or "NAME" for a positional argument. `into` keeps its value if the option is
  /// not given.
  Option add_option(const std::string& name, std::string& into, const std::string& help) const;
  Option add_option(const std::string& name, std::optional<std::string>& into, const std::string& help) const;
  Option add_option(const std::string& name, std::vector<std::string>& into, const std::string& help) const;
  Option add_flag(const std::string& name, bool& into, const std::string& help) const;
  /// Adds an option whose text is passed to `take`. An error of `take` becomes the usage error.
  Option add_text_option(const std::string& name, std::function<Result<>(const std::string& text)> take,
                         const std::string& help) const;
  /// Adds an option that can be repeated: `take` is called for each text.
  Option add_texts_option(const std::string& name, std::function<Result<>(const std::string& text)> take,
                          const std::string& help) const;

  /// The option with that name; it must exist.
  Option option(const std::string& name) const;
  std::vector<Option> options() const;
  /// True if one of its subcommands was given. Call it after parsing.
  bool subcommand_given() const;

  CLI::App& cli11() const { return *app_; }

 private:
  CLI::App* app_;
};

}  // namespace dispatch::cli
