// The same bytes from a server to both clients, with libcurl as the oracle: the same outcome, or a stricter
// one for a reason that is listed here. DISPATCH_TEST_ANSWERS is how many answers are made up (for the soak).

#include "support/network/names.hpp"
#include "support/network/raw_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using AnswerRandom = std::mt19937;

std::size_t below(AnswerRandom& random, std::size_t count) {
  return random() % count;
}

template <class Choices>
const auto& one_of(AnswerRandom& random, const Choices& choices) {
  return choices[below(random, choices.size())];
}

/// What a server does about one request.
struct Script {
  std::string bytes;
  std::vector<std::size_t> pieces;  ///< sizes in which they are sent
  enum class End { close, reset, stay } end = End::close;
};

const std::vector<std::string> starts{"HTTP/1.1 200 OK\r\n",   "HTTP/1.1 500 No\r\n", "HTTP/1.1 204 None\r\n",
                                      "HTTP/1.1 304 Same\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 429\r\n",
                                      "HTTP/1.1 302 X\r\n",    "HTTP/1.1 200 \r\n"};
const std::vector<std::string> fields{"Content-Length: 0\r\n",
                                      "Content-Length: 5\r\n",
                                      "content-length:5\r\n",
                                      "Content-Length: 5\r\nContent-Length: 5\r\n",
                                      "Content-Length: 5\r\nContent-Length: 3\r\n",
                                      "Content-Length: 5, 5\r\n",
                                      "Content-Length: 5x\r\n",
                                      "Content-Length: +5\r\n",
                                      "Content-Length: -5\r\n",
                                      "Content-Length: \r\n",
                                      "Content-Length: x\r\n",
                                      "Content-Length : 5\r\n",
                                      "Content-Length: 99999999999999999999\r\n",
                                      "Content-Length: 9223372036854775807\r\n",
                                      "Transfer-Encoding: chunked\r\n",
                                      "transfer-encoding: CHUNKED \r\n",
                                      "Transfer-Encoding: identity\r\n",
                                      "Transfer-Encoding: \r\n",
                                      "Transfer-Encoding: gzip, chunked\r\n",
                                      "Connection: close\r\n",
                                      "Connection: keep-alive\r\n",
                                      "Connection: x, Close\r\n",
                                      "Retry-After: 7\r\n",
                                      "retry-after:\t 2.5 \r\n",
                                      "Retry-After: soon\r\n",
                                      "Retry-After: Tue, 14 Nov\r\n  2023 22:14:20 GMT\r\n",
                                      "X: y\r\n",
                                      "X: \r\n",
                                      "X:\r\n y\r\n",
                                      "X\r\n",
                                      ": y\r\n",
                                      " X: y\r\n",
                                      "X: y\n",
                                      "X: a\rb\r\n",
                                      "Location: /x\r\n",
                                      "WWW-Authenticate: Basic\r\n",
                                      "Content-Encoding: gzip\r\n",
                                      "Trailer: X\r\n"};
const std::vector<std::string> bodies{"",
                                      "hello",
                                      "hell",
                                      "hello, and more",
                                      "5\r\nhello\r\n0\r\n\r\n",
                                      "5;a=b\r\nhello\r\n5\r\nworld\r\n0\r\nX: y\r\n\r\n",
                                      "5\r\nhello\r\n",
                                      "5\nhello\n0\n\n",
                                      "0\r\n\r\n",
                                      "zz\r\nhello\r\n",
                                      "-5\r\nhello\r\n",
                                      "fffffffffffffffff\r\nhello",
                                      "7fffffffffffffff\r\nhello",
                                      "5\r\nhelloworld\r\n0\r\n\r\n",
                                      "0005 \r\nhello\r\n0\r\nX\r\n\r\n"};
const std::vector<std::string> words{"\r\n", "\n",      "\r",    " ", ":", "0", "5", "HTTP/1.1 ", "200",
                                     "\t",   "chunked", "close", "x", ",", ";", "-", "\x80",      "+"};

std::string made_up(AnswerRandom& random) {
  std::string answer;
  while (below(random, 6) == 0)
    answer += "HTTP/1.1 10" + std::to_string(below(random, 10)) + " Wait\r\n" +
              (below(random, 3) == 0 ? one_of(random, fields) : "") + "\r\n";
  answer += one_of(random, starts);
  for (auto count = below(random, 4); count > 0; --count) answer += one_of(random, fields);
  answer += "\r\n" + one_of(random, bodies);
  for (auto changes = below(random, 4) < 2 ? 0 : 1 + below(random, 3); changes > 0 && !answer.empty();
       --changes) {
    const auto at = below(random, answer.size());
    switch (below(random, 4)) {
      case 0:
        answer.erase(at, 1 + below(random, 4));
        break;
      case 1:
        answer.insert(at, one_of(random, words));
        break;
      case 2:
        answer.replace(at, 1, one_of(random, words));
        break;
      default:
        answer.resize(at);
    }
  }
  return answer;
}

std::vector<Script> made_up(std::size_t count, unsigned seed) {
  AnswerRandom random{seed};
  std::vector<Script> scripts(count);
  for (Script& script : scripts) {
    script.bytes = made_up(random);
    if (below(random, 3) == 0)
      for (int i = 0; i < 8; ++i) script.pieces.push_back(1 + below(random, 30));
    const auto end = below(random, 100);
    script.end = end == 0 ? Script::End::stay : end == 1 ? Script::End::reset : Script::End::close;
  }
  return scripts;
}

/// Answers the request to "/N" by script N. Where `kept`, the first request of a connection is answered well.
class ScriptedServer {
 public:
  ScriptedServer(const std::vector<Script>& scripts, bool kept)
      : receiver_{[&scripts, kept](Conversation& peer) {
          if (kept && (!peer.request() || !peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))) return;
          const auto request = peer.request();
          if (!request) return;
          const Script& script = scripts.at(std::stoul(request->target.substr(1)));
          std::string_view rest = script.bytes;
          for (const auto piece : script.pieces) {
            if (!peer.send(rest.substr(0, piece))) return;
            rest.remove_prefix(std::min(piece, rest.size()));
          }
          if (!rest.empty() && !peer.send(rest)) return;
          if (script.end == Script::End::reset) peer.reset();
          if (script.end == Script::End::stay) peer.linger();
        }} {}
  /// Each script has a host of its own, so that they do not share connections.
  std::string url(std::size_t script) const {
    auto url = receiver_.url() + std::to_string(script);
    const auto host = url.find("//") + 2;
    url.replace(host, url.find(':', host) - host, fmt::format("h{}.{}", script, name_of("127.0.0.1")));
    return url;
  }

 private:
  RawReceiver receiver_;
};

HttpOptions scripted_options() {
  HttpOptions options;
  options.timeout = 2s;
  options.headers_most = 2'048;
  options.body_most = 4'096;
  options.excerpt_most = 64;
  return options;
}

/// The outcomes of all scripts. Where `kept`, one after the other, each on a connection that was used before.
std::vector<Outcome> outcomes(HttpClient client, const std::vector<Script>& scripts, bool kept) {
  const ScriptedServer server{scripts, kept};
  TransportFixture fixture{scripted_options(), {20, 20}, client};
  std::vector<Outcome> all(scripts.size());
  if (kept) {
    for (std::size_t i = 0; i < scripts.size(); ++i) {
      CHECK(fixture.attempt(event(server.url(i))).status == 200);
      all[i] = fixture.attempt(event(server.url(i)));
    }
    return all;
  }
  std::vector<Outgoing> batch;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    batch.push_back(event(server.url(i), i));
    batch.back().throttled_by_429 = false;
  }
  fixture.transport->send(std::move(batch));
  REQUIRE(fixture.reports.wait_for(scripts.size(), 600s));
  for (auto& report : fixture.reports.all()) all[report.ticket] = report.outcome;
  return all;
}

bool tells(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// What both say of a broken answer, in fewer words: of what is not HTTP/1.1 they say different things.
std::string reason(const Outcome& outcome) {
  const std::string& error = outcome.error;
  if (tells(error, "does not speak HTTP/1.1") || tells(error, "status line is malformed") ||
      tells(error, "Unsupported"))
    return "not HTTP/1.1";
  // libcurl says of a folded line without a line before it that one of its arguments is bad.
  if (tells(error, "error 43 of libcurl") || tells(error, "Header without colon")) return "not a header";
  return error;
}

/// Where both have been on their way.
bool same_way(const Outcome& a, const Outcome& b) {
  const AttemptTimings &one = a.timings, &other = b.timings;
  return a.address == b.address && one.name_resolved.has_value() == other.name_resolved.has_value() &&
         one.connected.has_value() == other.connected.has_value() && !one.tls_ready && !other.tls_ready;
}

/// True if a head begins with a folded line.
bool begins_folded(std::string_view answer) {
  bool after_status_line = false;
  while (!answer.empty()) {
    if (after_status_line && (answer.front() == ' ' || answer.front() == '\t')) return true;
    const auto line = answer.substr(0, answer.find('\n') + 1);
    if (line.empty()) return false;
    after_status_line = line.starts_with("HTTP/");
    answer.remove_prefix(line.size());
  }
  return false;
}

/// True if a line begins with a carriage return that does not end it.
bool has_stray_return(std::string_view answer) {
  for (auto at = answer.find("\n\r"); at != std::string_view::npos; at = answer.find("\n\r", at + 1))
    if (at + 2 < answer.size() && answer[at + 2] != '\n') return true;
  return false;
}

/// Why the direct client may see less in an answer than libcurl does; empty: for no reason.
std::string_view excuse(const std::string& bytes, const Outcome& oracle, const Outcome& ours) {
  const bool same = oracle.kind == ours.kind && oracle.status == ours.status;
  const bool less = oracle.excerpt.starts_with(ours.excerpt);
  // It decodes nothing, as nobody asked for a coding.
  if (same && ours.excerpt.empty() && (tells(bytes, "gzip") || tells(bytes, "ransfer-"))) return "coded";
  // libcurl takes a folded line behind the last line of an announcement, and a line that begins with a
  // carriage return for the end of a head.
  if (ours.kind == OutcomeKind::broken && begins_folded(bytes)) return "folded";
  if (ours.kind == OutcomeKind::broken && has_stray_return(bytes)) return "carriage return";
  // libcurl wants a digit of a chunk's size or a line's end at once, this client the whole line.
  if (same && less && oracle.retry_after == ours.retry_after) return "chunk";
  return {};
}

std::string escaped(std::string_view text) {
  std::string shown;
  for (const char c : text)
    if (c >= ' ' && c < '\x7f')
      shown += c;
    else
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return shown;
}

std::size_t check(const std::vector<Script>& scripts, bool kept) {
  const auto wanted = outcomes(HttpClient::libcurl, scripts, kept);
  const auto ours = outcomes(HttpClient::direct, scripts, kept);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const Outcome &oracle = wanted[i], &outcome = ours[i];
    answered += outcome.kind == OutcomeKind::answered ? 1 : 0;
    if (oracle.kind == outcome.kind && oracle.status == outcome.status && oracle.excerpt == outcome.excerpt &&
        oracle.retry_after == outcome.retry_after && same_way(oracle, outcome) &&
        reason(oracle) == reason(outcome))
      continue;
    if (!excuse(scripts[i].bytes, oracle, outcome).empty()) continue;
    const auto told = [](const Outcome& it) {
      return fmt::format("{} {} '{}' {} '{}' {}", to_string(it.kind), it.status, escaped(it.excerpt),
                         it.retry_after ? it.retry_after->count() : -1, it.error, it.address);
    };
    FAIL_CHECK("answer " << i << ": " << escaped(scripts[i].bytes) << "\nend "
                         << static_cast<int>(scripts[i].end) << "\nlibcurl: " << told(oracle)
                         << "\ndirect:  " << told(outcome));
  }
  return answered;
}

std::size_t count_of(std::size_t usual) {
  const char* const asked = std::getenv("DISPATCH_TEST_ANSWERS");
  return asked != nullptr ? std::stoul(asked) : usual;
}

}  // namespace

TEST_SUITE("long") {
  TEST_CASE("two clients: the same answers have the same outcomes on new connections") {
    const std::size_t count = count_of(4'000);
    for (std::size_t done = 0; done < count; done += 1'000) {
      const auto answered = check(made_up(1'000, static_cast<unsigned>(14 + done)), false);
      CHECK(answered > 300);
    }
  }

  TEST_CASE("two clients: the same answers have the same outcomes on kept connections") {
    const std::size_t count = count_of(1'000);
    for (std::size_t done = 0; done < count; done += 500)
      CHECK(check(made_up(500, static_cast<unsigned>(41 + done)), true) > 150);
  }
}
