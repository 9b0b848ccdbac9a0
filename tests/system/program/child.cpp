#include "system/program/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dispatch::test {
namespace {

struct Pipe {
  Fd read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {Fd{ends[0]}, Fd{ends[1]}};
}

/// What posix_spawn is told: the three standard descriptors, the directory, and a signal state that is
/// nobody's leftover.
class Spawning {
 public:
  Spawning(int in, int out, int err, const char* directory) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(&actions_, directory);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Spawning(const Spawning&) = delete;
  Spawning& operator=(const Spawning&) = delete;
  ~Spawning() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  pid_t spawn(const std::string& program, std::vector<std::string>& arguments,
              std::vector<std::string>& environment) {
    pid_t pid = -1;
    const int error = posix_spawn(&pid, program.c_str(), &actions_, &attributes_, pointers(arguments).data(),
                                  pointers(environment).data());
    if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start " + program);
    return pid;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> environment_of(const Child::Setup& setup) {
  auto variables = setup.environment;
  // Receivers that fail are the subject of many tests, and half a minute of rest after it of few: those say
  // so.
  variables.emplace("DISPATCH_BREAKER", "off");
  for (const char* name : {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) variables.emplace(name, value);
  // So that every scenario can be played with each client.
  if (const char* const client = std::getenv("DISPATCH_TEST_HTTP_CLIENT"); client != nullptr)
    variables.emplace("DISPATCH_HTTP_CLIENT", client);
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

}  // namespace

Capture::Capture(Fd end) : end_(std::move(end)), reader_([this] { read(); }) {}

Capture::~Capture() {
  reader_.join();
}

void Capture::read() {
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = ::read(end_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    const std::scoped_lock lock{mutex_};
    if (count > 0) text_.append(buffer.data(), static_cast<std::size_t>(count));
    if (count <= 0) ended_ = true;
    news_.notify_all();
    if (count <= 0) return;
  }
}

std::string Capture::text() const {
  const std::scoped_lock lock{mutex_};
  return text_;
}

std::string Capture::all() const {
  std::unique_lock lock{mutex_};
  news_.wait_for(lock, patience, [this] { return ended_; });
  return text_;
}

bool Capture::wait_for(std::string_view part) const {
  const auto is_there = [&] { return text_.find(part) != std::string::npos; };
  std::unique_lock lock{mutex_};
  news_.wait_for(lock, patience, [&] { return ended_ || is_there(); });
  return is_there();
}

Child::Child(const TempDir& directory, std::vector<std::string> arguments, const Setup& setup) {
  const std::string program = setup.program.empty() ? DISPATCH_PROGRAM : setup.program;
  arguments.insert(arguments.begin(), program);
  auto environment = environment_of(setup);
  Pipe in = make_pipe(), out = make_pipe(), err = make_pipe();
  Spawning spawning{in.read.get(), out.write.get(), err.write.get(), directory.path().c_str()};
  pid_ = spawning.spawn(program, arguments, environment);
  handle_ = Fd{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
  input_ = std::move(in.write);
  out_.emplace(std::move(out.read));
  err_.emplace(std::move(err.read));
}

Child::~Child() {
  if (!ended_) {
    signal(SIGKILL);
    wait();
  }
}

bool Child::write(std::string_view text) {
  // A process that has gone must end the test with a message, not the tester with a signal.
  std::signal(SIGPIPE, SIG_IGN);
  while (!text.empty()) {
    const ssize_t count = ::write(input_.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Child::close_input() {
  input_ = Fd{};
}

void Child::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

std::optional<Ended> Child::wait(std::chrono::milliseconds bound) {
  if (ended_) return ended_;
  pollfd process{handle_.get(), POLLIN, 0};
  if (poll(&process, 1, static_cast<int>(bound.count())) != 1) return std::nullopt;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_.emplace();
  if (WIFEXITED(status)) ended_->exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended_->signal = WTERMSIG(status);
  return ended_;
}

int Child::exit_code(std::chrono::milliseconds bound) {
  const auto ended = wait(bound);
  if (!ended) return -1;
  return ended->exit_code ? *ended->exit_code : 128 + *ended->signal;
}

Finished run_dispatch(const TempDir& directory, std::vector<std::string> arguments, std::string_view input,
                      const Child::Setup& setup) {
  Child child{directory, std::move(arguments), setup};
  child.write(input);
  child.close_input();
  const int exit_code = child.exit_code();
  if (exit_code == -1) child.signal(SIGKILL);
  return {exit_code, child.out().all(), child.err().all()};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t line_count(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string text_under(std::string_view key, std::string_view line) {
  const std::string before = '"' + std::string{key} + "\":\"";
  const auto at = line.find(before);
  if (at == std::string_view::npos) return {};
  const auto begin = at + before.size();
  return std::string{line.substr(begin, line.find('"', begin) - begin)};
}

}  // namespace dispatch::test
