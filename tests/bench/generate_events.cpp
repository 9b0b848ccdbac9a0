// Writes events as JSON lines to standard output: --events N --bytes of a payload --entities E.
// The events of an entity are in order and spread evenly over the file.

#include "bench/arguments.hpp"

#include <cstdio>
#include <exception>
#include <iterator>
#include <string>

#include <fmt/format.h>

namespace {

void write_events(std::uint64_t events, std::uint64_t bytes, std::uint64_t entities) {
  constexpr std::string_view frame = R"({"pad":""})";
  const std::string pad(bytes > frame.size() ? bytes - frame.size() : 0, 'x');
  std::string lines;
  for (std::uint64_t i = 0; i < events; ++i) {
    fmt::format_to(std::back_inserter(lines),
                   R"({{"event_id":"evt-{:09}","entity_id":"entity-{:06}","sequence_number":{},)"
                   R"("type":"bench.event","payload":{{"pad":"{}"}}}})"
                   "\n",
                   i, i % entities, i / entities + 1, pad);
    if (lines.size() < 64 * 1024 && i + 1 < events) continue;
    if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size())
      throw std::runtime_error{"cannot write to standard output"};
    lines.clear();
  }
  if (std::fflush(stdout) != 0) throw std::runtime_error{"cannot write to standard output"};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("generate_events", argc, argv, [](Arguments& arguments) {
    const auto events = arguments.number("events", 200'000);
    const auto bytes = arguments.number("bytes", 300);
    const auto entities = arguments.number("entities", 1'000);
    arguments.done();
    if (entities == 0) throw std::invalid_argument{"--entities: at least 1"};
    write_events(events, bytes, entities);
    return 0;
  });
}
