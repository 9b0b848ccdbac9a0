#include "jq/process.hpp"

#include "base/error.hpp"
#include "base/text/units.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dispatch::jq {
namespace {

template <class... Args>
tl::unexpected<RunError> program_error(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(RunError{RunError::Cause::program, fmt::format(format, std::forward<Args>(args)...)});
}

template <class... Args>
tl::unexpected<RunError> machine_error(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(RunError{RunError::Cause::machine, fmt::format(format, std::forward<Args>(args)...)});
}

/// The process limits its own processor time. This is for one that is stopped from outside.
constexpr timeval patience{60, 0};

/// Returns false, and errno says why, where not all of it went.
bool send_all(int channel, const void* data, std::size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t sent = ::send(channel, from, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    from += sent;
    bytes -= static_cast<std::size_t>(sent);
  }
  return true;
}

/// The same; an end is ECONNRESET.
bool receive_all(int channel, void* data, std::size_t bytes) {
  char* to = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t received = ::recv(channel, to, bytes, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received == 0) errno = ECONNRESET;
    if (received <= 0) return false;
    to += received;
    bytes -= static_cast<std::size_t>(received);
  }
  return true;
}

/// What posix_spawn is told; freed with it.
class SpawnAttributes {
 public:
  explicit SpawnAttributes(int channel) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, channel, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &all);  // an interrupt at the terminal is the parent's
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Starts this program anew, to serve_if_asked(). Returns 0, or the errno of what failed.
int spawn(int channel, const Limits& limits, pid_t& child) {
  const SpawnAttributes spawn{channel};
  auto words = process_words(limits);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<char*, 1> no_environment{nullptr};
  return ::posix_spawn(&child, "/proc/self/exe", spawn.files(), spawn.attributes(), arguments.data(),
                       no_environment.data());
}

}  // namespace

bool is_bounded(const Answer& answer, const Limits& limits) {
  switch (answer.kind) {
    case Answer::Kind::output:
      return answer.bytes <= limits.output_most;
    case Answer::Kind::error:
      return answer.bytes <= message_most;
    case Answer::Kind::nothing:
    case Answer::Kind::no_memory:
      return answer.bytes == 0;
  }
  return false;
}

RunResult<std::uint64_t> Process::life() {
  if (child_ == 0) DISPATCH_TRY(begin());
  return life_;
}

RunResult<std::uint32_t> Process::compile(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return program_error("the jq program holds a NUL byte");
  auto compiled = ask({.kind = Request::Kind::compile, .bytes = text.size()}, text);
  if (compiled) return programs_++;
  if (compiled.error().cause == RunError::Cause::machine) return tl::unexpected(std::move(compiled).error());
  return program_error("the jq program does not compile: {}", compiled.error().message);
}

RunResult<std::optional<std::string>> Process::run(std::uint32_t program, std::string_view json) {
  return ask({.kind = Request::Kind::run, .program = program, .bytes = json.size()}, json);
}

RunResult<> Process::begin() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
    return machine_error("cannot make a channel to a process for jq: {}", errno_text(errno));
  Fd ours{pair[0]};
  const Fd theirs{pair[1]};
  ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);

  pid_t child = 0;
  if (const int error = spawn(theirs.get(), limits_, child); error != 0)
    return machine_error("cannot start a process for jq from /proc/self/exe: {}", errno_text(error));
  child_ = child;
  channel_ = std::move(ours);
  programs_ = 0;
  ++life_;
  return {};
}

RunResult<std::optional<std::string>> Process::ask(Request request, std::string_view text) {
  const int channel = channel_.get();
  Answer answer;
  std::string said;
  bool whole = send_all(channel, &request, sizeof request) && send_all(channel, text.data(), text.size()) &&
               receive_all(channel, &answer, sizeof answer);
  if (whole && !is_bounded(answer, limits_)) {
    end();
    return program_error("jq failed: its answer was out of bounds");
  }
  if (whole) {
    said.resize(answer.bytes);
    whole = receive_all(channel, said.data(), said.size());
  }
  if (!whole) return tl::unexpected(ended(errno));
  if (answer.kind == Answer::Kind::no_memory) return machine_error("no memory for a jq program");
  if (answer.kind == Answer::Kind::error) return program_error("{}", said);
  if (answer.kind == Answer::Kind::nothing) return std::nullopt;
  return said;
}

RunError Process::ended(int error) {
  const bool silent = error == EAGAIN || error == EWOULDBLOCK;
  const int status = end();
  if (silent)
    return machine_error("the jq process did not answer within {} s and was ended", patience.tv_sec).value();
  if (WIFEXITED(status) && WEXITSTATUS(status) == not_confined)
    return machine_error("the jq process ended, because this system does not allow its seccomp filter")
        .value();
  if (!WIFSIGNALED(status))
    return machine_error("the jq process ended with exit code {}", WEXITSTATUS(status)).value();
  switch (const int signal = WTERMSIG(status)) {
    case SIGPROF:
      return program_error("it took more than {} of processor time and was ended",
                           format_duration(limits_.processor_time))
          .value();
    case SIGABRT:  // so libjq ends where memory runs out
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGSYS:
      return program_error("jq failed: it needs more than {} of memory, or values nested too deep",
                           format_size(limits_.memory))
          .value();
    default:
      return machine_error("the jq process was killed by signal {}", signal).value();
  }
}

int Process::end() {
  if (child_ == 0) return 0;
  channel_ = Fd{};
  // What ended by itself is a zombie, which keeps its own cause of death.
  ::kill(child_, SIGKILL);
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
  }
  child_ = 0;
  return status;
}

}  // namespace dispatch::jq
