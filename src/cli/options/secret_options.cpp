#include "cli/options/secret_options.hpp"

#include "cli/options/never_empty.hpp"

#include <string>

namespace dispatch::cli {

void add_secret_options(Command command, operations::SecretSource& source) {
  const std::string group = "Secret";
  const Option file =
      never_empty(command.add_option("--secret-file", source.file, "Take the secret from this file"))
          .type_name("FILE")
          .group(group);
  const Option environment = never_empty(command.add_option("--secret-env", source.environment,
                                                            "Take it from this environment variable"))
                                 .type_name("NAME")
                                 .group(group);
  const Option run = never_empty(command.add_option("--secret-command", source.command,
                                                    "Take what this command prints (sh -c)"))
                         .type_name("COMMAND")
                         .group(group);
  const Option generate =
      command.add_flag("--generate-secret", source.generate, "Make one, and show it this once").group(group);
  file.excludes(environment).excludes(run).excludes(generate);
  environment.excludes(run).excludes(generate);
  run.excludes(generate);
}

}  // namespace dispatch::cli
