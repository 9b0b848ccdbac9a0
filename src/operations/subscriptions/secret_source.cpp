#include "operations/subscriptions/secret_source.hpp"

#include "base/system/fd.hpp"
#include "base/text/base64.hpp"
#include "delivery/secret_form.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/wait.h>

namespace dispatch::operations {
namespace {

/// With more white space around it than this a secret is too long.
constexpr std::size_t read_most = 4 * delivery::secret_most;
constexpr std::size_t generated_bytes = 32;

/// `where` says where it came from, in messages.
Result<Secret> checked(std::string text, const std::string& where) {
  auto tidy = delivery::tidy_secret(std::move(text));
  if (!tidy)
    return tl::unexpected(
        Error{tidy.error().failure, fmt::format("the secret in {} {}", where, tidy.error().message)});
  return Secret{std::move(*tidy)};
}

/// All there is, but not more than it takes to see that it is too much.
std::string read_some(std::FILE* file) {
  std::array<char, read_most> room{};
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

std::optional<std::string> secret_warning(std::string_view whose, const Secret& secret) {
  const auto weak = delivery::weakness(secret.reveal());
  if (!weak) return std::nullopt;
  return fmt::format("the secret {} {}", whose, *weak);
}

Result<Secret> generate_secret() {
  std::array<char, generated_bytes> key{};
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size()))
    return fail("the system gave no random bytes for a secret: {}", errno_text(errno));
  std::string text{"whsec_"};
  append_base64(text, {key.data(), key.size()});
  return Secret{std::move(text)};
}

}  // namespace dispatch::operations
