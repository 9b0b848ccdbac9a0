#include "base/system/patient_output.hpp"

#include "base/system/fd.hpp"

#include <array>
#include <chrono>
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace dispatch;
using namespace std::chrono_literals;

namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    reading = Fd{ends[0]};
    writing = Fd{ends[1]};
  }
  /// All of it, to its end.
  std::string read_all() const {
    std::string text;
    std::array<char, 4096> some{};
    for (ssize_t got; (got = ::read(reading.get(), some.data(), some.size())) > 0;)
      text.append(some.data(), static_cast<std::size_t>(got));
    return text;
  }
  Fd reading, writing;
};

const std::string more_than_a_pipe_holds(std::size_t{1024} * 1024, 'x');

}  // namespace

TEST_CASE("all that is written arrives however slowly it is read") {
  Pipe pipe;
  PatientOutput output{pipe.writing.get()};
  auto read = std::async(std::launch::async, [&] { return pipe.read_all(); });
  output.write(more_than_a_pipe_holds);
  output.write("end");
  pipe.writing = Fd{};
  CHECK(read.get() == more_than_a_pipe_holds + "end");
}

TEST_CASE("nobody who reads holds up an output in a hurry no longer than it has patience") {
  Pipe pipe;
  PatientOutput output{pipe.writing.get()};
  auto blocked = std::async(std::launch::async, [&] { output.write(more_than_a_pipe_holds); });
  CHECK(blocked.wait_for(100ms) == std::future_status::timeout);  // it waits for whoever reads
  const auto begin = std::chrono::steady_clock::now();
  output.hurry(200ms);
  output.hurry(1h);  // does nothing
  blocked.get();
  for (int i = 0; i < 100; ++i) output.write(more_than_a_pipe_holds);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took >= 200ms);
  CHECK(took < 10s);
}

TEST_CASE("an output in a hurry still writes what there is room for") {
  Pipe pipe;
  PatientOutput output{pipe.writing.get()};
  output.hurry(0ms);
  output.write("last words");
  pipe.writing = Fd{};
  CHECK(pipe.read_all() == "last words");
}

TEST_CASE("what a descriptor refuses is no error") {
  PatientOutput closed{-1};
  closed.hurry(0ms);
  closed.write("x");
  const Fd read_only{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  PatientOutput refusing{read_only.get()};
  refusing.write("x");
}
