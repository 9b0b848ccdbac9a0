#include "cli/run/run_files.hpp"

#include "cli/program.hpp"
#include "journal/store.hpp"

namespace dispatch::cli {

FileRoles run_files(const Program& program, const InputOptions& options) {
  FileRoles files;
  for (const std::string& path : options.files) files.add_input(path, "input");
  if (!options.subscriptions.empty()) files.add_input(options.subscriptions, "subscriptions file");
  for (const auto& path : program.store->files())
    files.add_output(path.string(), "journal",
                     "leave the journal's files out, or name another with --journal");
  if (!options.rejects.empty())
    files.add_output(options.rejects, "rejects file", "name another with --rejects");
  files.add_standard_outputs();
  return files;
}

}  // namespace dispatch::cli
