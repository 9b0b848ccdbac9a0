#include "bench/measured_process.hpp"

#include "base/system/fd.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern "C" {  // glibc 2.36 forgets to say so
#include <sys/pidfd.h>
}

namespace dispatch::bench {
namespace {

class FileActions {
 public:
  explicit FileActions(const std::filesystem::path& output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
                                       0600);
    ::posix_spawn_file_actions_adddup2(&actions_, 1, 2);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

MeasuredProcess::MeasuredProcess(const std::vector<std::string>& command, std::filesystem::path output)
    : name_(command.front()), output_(std::move(output)), begin_(std::chrono::steady_clock::now()) {
  std::vector<char*> arguments;
  // posix_spawn takes pointers to mutable text and does not change it.
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const FileActions actions{output_};
  if (const int error =
          ::posix_spawn(&pid_, name_.c_str(), actions.get(), nullptr, arguments.data(), environ);
      error != 0)
    throw std::system_error{error, std::generic_category(), "cannot start " + name_};
}

MeasuredProcess::~MeasuredProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool MeasuredProcess::ends_within(std::chrono::milliseconds patience) const {
  const Fd process{::pidfd_open(pid_, 0)};
  if (!process) throw std::system_error{errno, std::generic_category(), "pidfd_open"};
  pollfd end{process.get(), POLLIN, 0};
  return ::poll(&end, 1, static_cast<int>(patience.count())) == 1;
}

void MeasuredProcess::signal(int number) const {
  ::kill(pid_, number);
}

Measured MeasuredProcess::wait(std::chrono::seconds limit) {
  if (!ends_within(limit))
    throw std::runtime_error{fmt::format("{} has not ended after {} s", name_, limit.count())};
  int status = 0;
  rusage used{};
  if (::wait4(pid_, &status, 0, &used) < 0) throw std::system_error{errno, std::generic_category(), "wait4"};
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
  pid_ = -1;
  if (!WIFEXITED(status))
    throw std::runtime_error{fmt::format("{} died of signal {}", name_, WTERMSIG(status))};
  return {WEXITSTATUS(status), begin_, took.count(), seconds(used.ru_utime) + seconds(used.ru_stime),
          static_cast<double>(used.ru_maxrss) / 1024.0};
}

std::string MeasuredProcess::output() const {
  std::ifstream file{output_};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace dispatch::bench
