#include "jq/confinement.hpp"

#include "jq/process.hpp"
#include "jq/program.hpp"
#include "support/own_resources.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dispatch;

namespace {

/// True where `call` fails with EPERM in a process that is confined.
template <class Call>
bool is_denied(Call call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!jq::confine_to_memory()) ::_exit(2);
    errno = 0;
    const bool failed = call() == -1;
    ::_exit(failed && errno == EPERM ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string file_of(pid_t process, const std::string& name) {
  std::ifstream file{"/proc/" + std::to_string(process) + "/" + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

long map(int protection) {
  void* const page = ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? -1 : 0;
}

}  // namespace

TEST_CASE("a confined process can neither open nor connect nor start nor signal anything") {
  const pid_t parent = ::getpid();
  CHECK(is_denied([] { return ::open("/etc/passwd", O_RDONLY); }));
  CHECK(is_denied([] { return ::socket(AF_INET, SOCK_STREAM, 0); }));
  CHECK(is_denied([] { return ::socket(AF_UNIX, SOCK_DGRAM, 0); }));
  CHECK(is_denied([] { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }));
  CHECK(is_denied([] { return ::execl("/bin/true", "true", nullptr); }));
  CHECK(is_denied([=] { return ::kill(parent, 0); }));
  CHECK(is_denied([=] { return ::syscall(SYS_tgkill, parent, parent, 0); }));
  CHECK(is_denied([] { return ::unlink("/tmp/dispatch-no-such-file"); }));
  CHECK(is_denied([] { return ::syscall(SYS_ptrace, 0, 0, 0, 0); }));
  CHECK(is_denied([] {
    const rlimit more{1024, 1024};
    return ::setrlimit(RLIMIT_NOFILE, &more);
  }));
}

TEST_CASE("a confined process has memory that it cannot execute") {
  CHECK(is_denied([] { return map(PROT_READ | PROT_WRITE | PROT_EXEC); }));
  CHECK(is_denied([] {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
  }));
  CHECK_FALSE(is_denied([] { return map(PROT_READ | PROT_WRITE); }));
  CHECK_FALSE(is_denied([] { return ::write(STDERR_FILENO, "", 0); }));
}

TEST_CASE("the process that runs jq programs is confined and has no environment") {
  ::setenv("DISPATCH_JQ_TEST", "secret", 1);
  auto program = jq::Program::compile(".").value();
  ::unsetenv("DISPATCH_JQ_TEST");
  const auto processes = test::children(::getpid(), "dispatch-jq");
  REQUIRE(processes.size() == 1);
  CHECK(file_of(processes.front(), "environ").empty());
  const auto status = file_of(processes.front(), "status");
  CHECK(status.find("NoNewPrivs:\t1\n") != std::string::npos);
  CHECK(status.find("Seccomp:\t2\n") != std::string::npos);
  CHECK(program.run("[1]").value() == "[1]");
}

TEST_CASE("an answer of the jq process is bounded whatever it says of its size") {
  const jq::Limits limits{.output_most = 100};
  using Kind = jq::Answer::Kind;
  CHECK(is_bounded({.kind = Kind::output, .bytes = 100}, limits));
  CHECK_FALSE(is_bounded({.kind = Kind::output, .bytes = 101}, limits));
  CHECK(is_bounded({.kind = Kind::error, .bytes = jq::message_most}, limits));
  CHECK_FALSE(is_bounded({.kind = Kind::error, .bytes = jq::message_most + 1}, limits));
  CHECK_FALSE(is_bounded({.kind = Kind::nothing, .bytes = 1}, limits));
  CHECK_FALSE(is_bounded({.kind = static_cast<Kind>(200), .bytes = 0}, limits));
}

TEST_CASE("a message of a jq program stays within its bounds") {
  const auto said =
      jq::Program::compile("error(\"" + std::string(1000, 'x') + "\")").value().run("null").error().message;
  CHECK(said.size() <= jq::message_most);
  CHECK(said.size() > jq::message_most - 10);
  CHECK(said.ends_with("..."));
}
