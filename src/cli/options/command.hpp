#pragma once

#include "base/error.hpp"
#include "cli/options/cli11_fwd.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// An option of a command: a handle to CLI11's, which lives as long as the program's top command. Each call
/// that changes it returns it. With this and Command a file describes its options without <CLI/CLI.hpp>,
/// which takes seconds to compile.
class Option {
 public:
  Option(CLI::Option* option) : option_(option) {}

  /// How its value is called in --help: "--workers N".
  Option type_name(const std::string& name) const;
  /// The heading in --help below which it stands.
  Option group(const std::string& heading) const;
  /// What --help says is its default.
  Option default_str(const std::string& text) const;
  Option required() const;
  /// Whether "--name a b" means two values.
  Option allow_extra_args(bool allowed) const;
  /// What separates the values within one argument.
  Option delimiter(char separator) const;
  /// It cannot be given together with `other`.
  Option excludes(Option other) const;
  /// Whether a configuration file may set it.
  Option configurable(bool allowed) const;
  /// The environment variable that may give it.
  Option environment(const std::string& variable) const;

  /// Its heading in --help.
  const std::string& heading() const;
  /// The first of its long names, without the dashes.
  const std::string& long_name() const;
  /// Whether it was given, in whatever way. For use after parsing.
  bool given() const;

  CLI::Option& cli11() const { return *option_; }

 private:
  CLI::Option* option_;
};

/// A command, or the program's top command: a handle to CLI11's, which lives as long as the top command.
class Command {
 public:
  Command(CLI::App& app) : app_(&app) {}

  Command add_subcommand(const std::string& name, const std::string& help) const;
  /// How many subcommands have to be given.
  void require_subcommand(int count) const;
  /// What --help ends with.
  void footer(const std::string& text) const;
  /// Called when this command was given, after its options were read.
  void callback(std::function<void()> call) const;
  /// Called when the options of this command were read, before anybody's `callback`.
  void parse_complete_callback(std::function<void()> call) const;

  /// Adds an option: "--name", or "NAME" for a positional one. `into` keeps its value where it is not given.
  Option add_option(const std::string& name, std::string& into, const std::string& help) const;
  Option add_option(const std::string& name, std::optional<std::string>& into, const std::string& help) const;
  Option add_option(const std::string& name, std::vector<std::string>& into, const std::string& help) const;
  Option add_flag(const std::string& name, bool& into, const std::string& help) const;
  /// Adds an option whose text is given to `take`. What `take` says about a wrong text becomes the usage
  /// error.
  Option add_text_option(const std::string& name, std::function<Result<>(const std::string& text)> take,
                         const std::string& help) const;
  /// The same for an option that may be repeated: `take` is called for each text.
  Option add_texts_option(const std::string& name, std::function<Result<>(const std::string& text)> take,
                          const std::string& help) const;

  /// The option of that name, which exists.
  Option option(const std::string& name) const;
  std::vector<Option> options() const;
  /// Whether one of its subcommands was given. For use after parsing.
  bool subcommand_given() const;

  CLI::App& cli11() const { return *app_; }

 private:
  CLI::App* app_;
};

}  // namespace dispatch::cli
