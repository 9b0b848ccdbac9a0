#include "cli/secret_source.hpp"

#include "base/base64.hpp"
#include "base/fd.hpp"
#include "cli/never_empty.hpp"
#include "delivery/signature.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/wait.h>

namespace dispatch::cli {
namespace {

constexpr std::size_t secret_least = 8;
constexpr std::size_t secret_most = 512;
constexpr std::size_t generated_bytes = 32;

/// `where` says where it came from, in messages.
Result<Secret> checked(std::string text, const std::string& where) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.size() < secret_least || text.size() > secret_most)
    return misuse(
        "the secret in {} is {} bytes long; it must have {} to {}", where,
        text.size() > secret_most ? fmt::format("more than {}", secret_most) : std::to_string(text.size()),
        secret_least, secret_most);
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }))
    return misuse("the secret in {} holds a control character; it must be one line of text", where);
  if (const auto key = delivery::signing_key(text); !key)
    return misuse("the secret in {} cannot be used: {}", where, key.error().message);
  return Secret{std::move(text)};
}

/// All there is, but not more than it takes to see that it is too much.
std::string read_some(std::FILE* file) {
  std::array<char, secret_most + 3> room{};  // with a line end, and one more
  return {room.data(), std::fread(room.data(), 1, room.size(), file)};
}

Result<Secret> from_environment(const std::string& name) {
  const char* const text = std::getenv(name.c_str());
  if (text == nullptr) return misuse("there is no environment variable {} to take the secret from", name);
  return checked(text, "the environment variable " + name);
}

Result<Secret> from_command(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr) return fail("cannot run '{}' for the secret: {}", command, errno_text(errno));
  std::string text = read_some(pipe);
  while (!std::feof(pipe) && !std::ferror(pipe)) read_some(pipe);  // it is to end by itself
  const int status = ::pclose(pipe);
  if (status == -1) return fail("cannot wait for '{}': {}", command, errno_text(errno));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return misuse("'{}' did not give the secret: it {} {}", command,
                  WIFEXITED(status) ? "exited with" : "was ended by signal",
                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
  return checked(std::move(text), "what '" + command + "' prints");
}

Result<std::optional<Secret>> some(Result<Secret> secret) {
  if (!secret) return tl::unexpected(std::move(secret).error());
  return std::optional{std::move(*secret)};
}

}  // namespace

void add_secret_options(CLI::App& command, SecretSource& source) {
  const std::string group = "Secret";
  auto* const file =
      never_empty(command.add_option("--secret-file", source.file, "Take the secret from this file"))
          ->type_name("FILE")
          ->group(group);
  auto* const environment = never_empty(command.add_option("--secret-env", source.environment,
                                                           "Take it from this environment variable"))
                                ->type_name("NAME")
                                ->group(group);
  auto* const run = never_empty(command.add_option("--secret-command", source.command,
                                                   "Take what this command prints (sh -c)"))
                        ->type_name("COMMAND")
                        ->group(group);
  auto* const generate =
      command.add_flag("--generate-secret", source.generate, "Make one, and show it this once")->group(group);
  file->excludes(environment)->excludes(run)->excludes(generate);
  environment->excludes(run)->excludes(generate);
  run->excludes(generate);
}

Result<std::optional<Secret>> read_secret(const SecretSource& source) {
  if (source.generate) return some(generate_secret());
  if (!source.file.empty()) return some(read_secret_file(source.file));
  if (!source.environment.empty()) return some(from_environment(source.environment));
  if (!source.command.empty()) return some(from_command(source.command));
  return std::nullopt;
}

Result<Secret> read_secret_file(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
  if (!file) return misuse("cannot read the secret file {}: {}", path, errno_text(errno));
  std::string text = read_some(file.get());
  if (std::ferror(file.get()) != 0)
    return misuse("cannot read the secret file {}: {}", path, errno_text(errno));
  return checked(std::move(text), path);
}

Result<Secret> generate_secret() {
  std::array<char, generated_bytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return fail("the system gave no random bytes for a secret: {}", errno_text(errno));
  std::string text{"whsec_"};
  append_base64(text, {key.data(), key.size()});
  return Secret{std::move(text)};
}

}  // namespace dispatch::cli
