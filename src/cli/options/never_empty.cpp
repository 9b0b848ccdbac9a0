#include "cli/options/never_empty.hpp"

#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr const char* mark = "never empty";

bool is_marked(CLI::Option& option) {
  try {
    return option.get_validator(mark) != nullptr;
  } catch (const CLI::OptionNotFound&) {
    return false;
  }
}

}  // namespace

Option never_empty(Option option) {
  CLI::Validator validator{
      [](std::string& value) { return value.empty() ? std::string{"must not be empty"} : std::string{}; }, "",
      mark};
  return option.cli11().check(validator);
}

void check_variables(CLI::App& command) {
  for (CLI::App* app = &command; app != nullptr; app = app->get_parent())
    for (CLI::Option* const option : app->get_options()) {
      if (option->get_envname().empty() || !is_marked(*option)) continue;
      const char* const value = std::getenv(option->get_envname().c_str());
      if (value != nullptr && *value == '\0')
        throw CLI::ValidationError(option->get_envname(),
                                   fmt::format("must not be empty; unset it, or set it to a value for --{}",
                                               option->get_lnames().front()));
    }
}

}  // namespace dispatch::cli
