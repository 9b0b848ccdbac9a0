// Writes events as JSON lines to standard output:
//
//   --events N      how many (default 200000)
//   --bytes N       of a payload (default 300)
//   --entities N    the events of each are in order and spread evenly over the file (default 1000)
//   --hosts N       each event brings a url of its own, at one of 127.0.0.1 to 127.0.0.N in turn (default 0:
//   none)
//   --port N        of those urls
//   --names N       each event brings a url at a host of its own, with a name of
//                   tests/support/network/names.hpp that leads to one of 127.0.0.1 to 127.0.0.N in turn
//                   (default 0: none)

#include "bench/arguments.hpp"

#include <cstdio>
#include <iterator>
#include <string>

#include <fmt/format.h>

namespace {

struct Asked {
  std::uint64_t events, bytes, entities, hosts, port, names;
};

void write_events(const Asked& asked) {
  constexpr std::string_view frame = R"({"pad":""})";
  const std::string pad(asked.bytes > frame.size() ? asked.bytes - frame.size() : 0, 'x');
  std::string lines;
  const auto out = std::back_inserter(lines);
  for (std::uint64_t i = 0; i < asked.events; ++i) {
    fmt::format_to(out, R"({{"event_id":"evt-{:09}","entity_id":"entity-{:06}","sequence_number":{},)", i,
                   i % asked.entities, i / asked.entities + 1);
    if (asked.names > 0)
      fmt::format_to(out, R"("url":"http://h{:06}.127-0-0-{}.address.test:{}/",)", i, i % asked.names + 1,
                     asked.port);
    else if (asked.hosts > 0)
      fmt::format_to(out, R"("url":"http://127.0.0.{}:{}/",)", i % asked.hosts + 1, asked.port);
    fmt::format_to(out,
                   R"("type":"bench.event","payload":{{"pad":"{}"}}}})"
                   "\n",
                   pad);
    if (lines.size() < 64 * 1024 && i + 1 < asked.events) continue;
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
    const Asked asked{arguments.number("events", 200'000), arguments.number("bytes", 300),
                      arguments.number("entities", 1'000), arguments.number("hosts", 0),
                      arguments.number("port", 80),        arguments.number("names", 0)};
    arguments.done();
    if (asked.entities == 0) throw std::invalid_argument{"--entities: at least 1"};
    write_events(asked);
    return 0;
  });
}
