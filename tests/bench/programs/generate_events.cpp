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
//   --uuids         random UUIDs as event ids, the same in every run
//   --payloads      the payloads alone, one a line

#include "bench/arguments.hpp"

#include <cstdio>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace {

struct Asked {
  std::uint64_t events, bytes, entities, hosts, port, names;
  bool uuids, payloads;
};

/// Ids of events: ascending ones, or random UUIDs of version 4.
class EventIds {
 public:
  explicit EventIds(bool uuids) : uuids_(uuids) {}

  std::string next(std::uint64_t number) {
    if (!uuids_) return fmt::format("evt-{:09}", number);
    const std::uint64_t high = random_(), low = random_();
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                       high & 0xfff, 0x8000 | ((low >> 48) & 0x3fff), low & 0xffff'ffff'ffff);
  }

 private:
  const bool uuids_;
  std::mt19937_64 random_{1};
};

template <class Out>
void write_event(Out out, const Asked& asked, std::uint64_t number, const std::string& id,
                 const std::string& pad) {
  fmt::format_to(out, R"({{"event_id":"{}","entity_id":"entity-{:06}","sequence_number":{},)", id,
                 number % asked.entities, number / asked.entities + 1);
  if (asked.names > 0)
    fmt::format_to(out, R"("url":"http://h{:06}.127-0-0-{}.address.test:{}/",)", number,
                   number % asked.names + 1, asked.port);
  else if (asked.hosts > 0)
    fmt::format_to(out, R"("url":"http://127.0.0.{}:{}/",)", number % asked.hosts + 1, asked.port);
  fmt::format_to(out,
                 R"("type":"bench.event","payload":{{"pad":"{}"}}}})"
                 "\n",
                 pad);
}

void write_events(const Asked& asked) {
  constexpr std::string_view frame = R"({"pad":""})";
  const std::string pad(asked.bytes > frame.size() ? asked.bytes - frame.size() : 0, 'x');
  EventIds ids{asked.uuids};
  std::string lines;
  const auto out = std::back_inserter(lines);
  for (std::uint64_t i = 0; i < asked.events; ++i) {
    if (asked.payloads)
      fmt::format_to(out, "{{\"pad\":\"{}\"}}\n", pad);
    else
      write_event(out, asked, i, ids.next(i), pad);
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
    const Asked asked{arguments.number("events", 200'000),
                      arguments.number("bytes", 300),
                      arguments.number("entities", 1'000),
                      arguments.number("hosts", 0),
                      arguments.number("port", 80),
                      arguments.number("names", 0),
                      arguments.flag("uuids"),
                      arguments.flag("payloads")};
    arguments.done();
    if (asked.entities == 0) throw std::invalid_argument{"--entities: at least 1"};
    write_events(asked);
    return 0;
  });
}
