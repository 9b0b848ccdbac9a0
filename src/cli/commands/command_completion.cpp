#include "cli/commands/completion.hpp"
#include "cli/options/option_values.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"

#include <memory>
#include <string>

namespace dispatch::cli {
namespace {

constexpr const char* completion_footer = R"(EXIT STATUS
  0  the completion was written
  1  standard output could not be used
  2  wrong usage or configuration

EXAMPLES
  dispatch completion bash > ~/.local/share/bash-completion/completions/dispatch
  dispatch completion zsh > ~/.zfunc/_dispatch
  dispatch completion fish > ~/.config/fish/completions/dispatch.fish)";

using Script = std::string (*)(const CLI::App&);

Result<Script> parse_shell(std::string_view text) {
  if (text == "bash") return bash_completion;
  if (text == "zsh") return zsh_completion;
  if (text == "fish") return fish_completion;
  return misuse("'{}' is not a supported shell; use bash, zsh or fish", text);
}

}  // namespace

void add_completion_command(Command app, Program& program) {
  Command command = app.add_subcommand("completion", "Write completion code for a shell to standard output");
  const auto script = std::make_shared<Script>(bash_completion);
  add_value(command, "SHELL", *script, parse_shell, "bash, zsh or fish").required();
  command.footer(completion_footer);
  command.callback([app, &program, script] {
    program.action = [app, script]() -> Result<ExitCode> {
      put_data((*script)(app.cli11()));
      return ExitCode::delivered;
    };
  });
}

}  // namespace dispatch::cli
