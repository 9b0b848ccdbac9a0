#include "bench/callgrind.hpp"

#include "support/disk/temp_dir.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace dispatch::bench {
namespace {

constexpr const char* head = "version: 1\nthread: 1\npositions: line\nevents: Ir\n\n";

// As callgrind writes them: libstdc++ calls what a thread begins with.
constexpr const char* reader_lines =
    "fn=(1) execute_native_thread_routine\n0 4\ncob=(3)\n"
    "cfn=(2) std::thread::_State_impl<std::thread::_Invoker<std::tuple<dispatch::flow::Feed::Feed("
    "dispatch::flow::Inbox&)::{lambda()#1}> > >::_M_run()\ncalls=1 86 \n+3 30\n\n";
constexpr const char* transport_lines =
    "fn=(1) execute_native_thread_routine\n0 4\n"
    "cfn=(5) std::thread::_State_impl<std::thread::_Invoker<std::tuple<"
    "dispatch::delivery::HttpTransport::Engine::start()::{lambda()#1}> > >::_M_run()\ncalls=1 99 \n* 500\n\n";
constexpr const char* dispatcher_lines =
    "fn=(7) main\n12 5\ncfn=(8) dispatch::flow::Dispatcher::turn(dispatch::flow::Mail)\ncalls=2 40 \n13 "
    "70\n\n"
    "fn=(8)\n41 70\n\n";

Instructions profile(const std::string& text) {
  std::istringstream file{head + text};
  Instructions instructions;
  add_profile(file, instructions);
  return instructions;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path} << head << text;
}

}  // namespace

TEST_CASE("callgrind: a thread is known by what it begins with or by dispatching") {
  const auto of_reader = profile(std::string{reader_lines} + "totals: 34\n");
  CHECK(of_reader.reader == 30);
  CHECK(of_reader.others == 4);
  CHECK(profile(std::string{transport_lines} + "totals: 504\n").transport == 500);
  CHECK(profile(std::string{dispatcher_lines} + "totals: 75\n").dispatcher == 75);
  CHECK(profile("fn=(2) sigwaitinfo\n3 4\ntotals: 4\n").others == 4);
}

TEST_CASE("callgrind: threads that had the same number are told apart") {
  const auto both = profile(std::string{reader_lines} + transport_lines + "totals: 538\n");
  CHECK(both.reader == 30);
  CHECK(both.transport == 500);
  CHECK(both.others == 8);
}

TEST_CASE("callgrind: the main thread does not dispatch where it only names a turn") {
  CHECK(
      profile("fn=(7) main\n12 5\ncfn=(8) dispatch::flow::Dispatcher::turn()\ncalls=1 40 \n13 0\ntotals: 5\n")
          .others == 5);
}

TEST_CASE("callgrind: a file without a total is refused") {
  CHECK_THROWS_AS(profile("fn=(1) main\n12 5\n"), std::runtime_error);
}

TEST_CASE("callgrind: the files of all threads are added and others are not read") {
  const test::TempDir directory;
  write(directory / "out-01", std::string{dispatcher_lines} + "totals: 75\n");
  write(directory / "out-02", std::string{transport_lines} + "totals: 504\n");
  write(directory / "out-03", std::string{transport_lines} + "totals: 504\n");
  write(directory / "out", "no total\n");
  write(directory / "other-01", "no total\n");
  CHECK_THROWS_WITH_AS(read_profiles(directory / "out"),
                       "no thread runs dispatch::flow::Feed::: is it renamed?", std::runtime_error);
  write(directory / "out-05", std::string{reader_lines} + "totals: 34\n");
  const auto sum = read_profiles(directory / "out");
  CHECK(sum.dispatcher == 75);
  CHECK(sum.transport == 1'000);
  CHECK(sum.reader == 30);
  CHECK(sum.others == 12);
  CHECK(sum.all() == 1'117);
}

TEST_CASE("callgrind: what start and end cost is in no event") {
  const auto event = per_event({.dispatcher = 1'100, .transport = 2'050, .reader = 300, .others = 10},
                               {.dispatcher = 100, .transport = 50, .reader = 100, .others = 10}, 10);
  CHECK(event.dispatcher == 100);
  CHECK(event.transport == 200);
  CHECK(event.reader == 20);
  CHECK(event.others == 0);
}

}  // namespace dispatch::bench
