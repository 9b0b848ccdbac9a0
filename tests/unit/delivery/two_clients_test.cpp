// The same bytes from a server to both clients, with libcurl as the oracle: exactly the same outcome, or a
// stricter one for a reason that excuse() names, and the connection is used again exactly where a grammar of
// the standard says that it may be. DISPATCH_TEST_ANSWERS is how many answers are made up (for the soak).

#include "support/network/names.hpp"
#include "support/network/raw_receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "support/strict_answer.hpp"
#include "unit/delivery/made_up_answers.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
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

enum class Wire { plain, tls };

/// A server whose talk is the same over TCP and over TLS.
class ScriptedServer {
 public:
  template <class Talk>
  ScriptedServer(Wire wire, const Talk& talk) {
    if (wire == Wire::plain)
      plain_.emplace(RawReceiver::Talk{talk}, RawReceiver::Setup{.backlog = 1'000});
    else
      tls_.emplace(TlsReceiver::Setup{.talk = talk});
  }
  /// Each script has a host of its own, so that they do not share connections.
  std::string url(std::size_t script) const {
    auto url = (plain_ ? plain_->url() : tls_->url()) + std::to_string(script);
    const auto host = url.find("//") + 2;
    url.replace(host, url.find(':', host) - host, fmt::format("h{}.{}", script, name_of("127.0.0.1")));
    return url;
  }
  HttpOptions options() const {
    HttpOptions options;
    options.timeout = 2s;
    options.headers_most = 2'048;
    options.body_most = 4'096;
    options.excerpt_most = 64;
    options.connections_kept = 100'000;  // that of every script is worth keeping
    options.connection_idle_most = 60s;
    if (tls_) options.ca_file = tls_->certificate();
    return options;
  }

 private:
  std::optional<RawReceiver> plain_;
  std::optional<TlsReceiver> tls_;
};

std::size_t number_of(const WireRequest& request) {
  return std::stoul(request.target.substr(1));
}

/// Answers the request to "/N" by script N. Where `kept`, the first request of a connection is answered well.
class AnsweringTalk {
 public:
  AnsweringTalk(const std::vector<Script>& scripts, bool kept) : scripts_(&scripts), kept_(kept) {}

  template <class Peer>
  void operator()(Peer& peer) const {
    if (kept_ && (!peer.request() || !peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))) return;
    const auto request = peer.request();
    if (!request) return;
    const Script& script = scripts_->at(number_of(*request));
    std::string_view rest = script.bytes;
    for (const auto piece : script.pieces) {
      if (!peer.send(rest.substr(0, piece))) return;
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    if (!rest.empty() && !peer.send(rest)) return;
    if (script.end == Script::End::reset) peer.reset();
    if (script.end == Script::End::stay) peer.linger();
    if constexpr (requires { peer.forget_goodbye(); })
      if (script.end == Script::End::cut) peer.forget_goodbye();
  }

 private:
  const std::vector<Script>* scripts_;
  bool kept_;
};

/// The reports of requests to these scripts, in their order.
std::vector<Outcome> send_all(TransportFixture& fixture, const ScriptedServer& server, std::size_t first,
                              std::size_t end) {
  std::vector<Outgoing> batch;
  for (std::size_t i = first; i < end; ++i) {
    batch.push_back(event(server.url(i), i));
    batch.back().throttled_by_429 = false;
  }
  if (batch.empty()) return {};
  const std::size_t before = fixture.reports.count();
  fixture.transport->send(std::move(batch));
  REQUIRE(fixture.reports.wait_for(before + end - first, 600s));
  const auto reports = fixture.reports.all();
  std::vector<Outcome> outcomes(end - first);
  for (std::size_t i = before; i < reports.size(); ++i)
    outcomes.at(reports[i].ticket - first) = reports[i].outcome;
  return outcomes;
}

/// The outcomes of all scripts. Where `kept`, one after the other, each on a connection that was used before.
std::vector<Outcome> outcomes(HttpClient client, Wire wire, const std::vector<Script>& scripts, bool kept) {
  const ScriptedServer server{wire, AnsweringTalk{scripts, kept}};
  auto options = server.options();
  if (kept) options.timeout = 500ms;  // of each that stays, one after the other
  TransportFixture fixture{options, {20, 20}, client};
  if (!kept) return send_all(fixture, server, 0, scripts.size());
  std::vector<Outcome> all(scripts.size());
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const auto good = fixture.attempt(event(server.url(i)));
    CAPTURE(good.error);
    CHECK(good.status == 200);
    all[i] = fixture.attempt(event(server.url(i)));
  }
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

/// True if both say the same. Where a TLS connection is gone, libcurl's text of an invalid answer is replaced
/// by that of the goodbye which it could not send.
bool same_reason(const Outcome& oracle, const Outcome& ours) {
  constexpr std::string_view invalid = "the answer is not valid HTTP";
  if (oracle.error == fmt::format("{}: Send failure: Broken pipe", invalid))
    return tells(ours.error, invalid);
  return reason(oracle) == reason(ours);
}

/// True if both have come as far on their way. On a kept connection that ended silently libcurl has connected
/// once more, to repeat the request, before it was stopped.
bool same_way(const Outcome& oracle, const Outcome& ours) {
  if (oracle.address != ours.address) return false;
  if (tells(oracle.error, "kept from an earlier request")) return true;
  const AttemptTimings &one = oracle.timings, &other = ours.timings;
  return one.name_resolved.has_value() == other.name_resolved.has_value() &&
         one.connected.has_value() == other.connected.has_value() &&
         one.tls_ready.has_value() == other.tls_ready.has_value();
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

/// True if a line says that the answer is of another version of HTTP/1 than 1.0 and 1.1.
bool has_odd_version(std::string_view answer) {
  for (std::size_t at = 0; at != std::string_view::npos; at = answer.find('\n', at)) {
    at += answer[at] == '\n' ? 1 : 0;
    const auto line = answer.substr(at, 9);
    if (line.starts_with("HTTP/1.") && (line.size() < 9 || (line[7] != '0' && line[7] != '1') ||
                                        std::string_view{" \r\n"}.find(line[8]) == std::string_view::npos))
      return true;
    if (at >= answer.size()) break;
  }
  return false;
}

/// True if a field names a transfer coding that nobody asked for.
bool has_other_coding(std::string answer) {
  std::transform(answer.begin(), answer.end(), answer.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string name = "transfer-encoding:";
  for (auto at = answer.find(name); at != std::string::npos; at = answer.find(name, at + 1)) {
    auto codings = answer.substr(at + name.size(), answer.find('\n', at) - at - name.size());
    for (const std::string known : {"chunked", "identity"})
      for (auto it = codings.find(known); it != std::string::npos; it = codings.find(known))
        codings.erase(it, known.size());
    if (codings.find_first_not_of(" \t,\r") != std::string::npos) return true;
  }
  return false;
}

/// Why the direct client may see less in an answer than libcurl does; empty: for no reason.
std::string_view excuse(const std::string& bytes, const Outcome& oracle, const Outcome& ours) {
  const bool same = oracle.kind == ours.kind && oracle.status == ours.status;
  // It decodes nothing, as nobody asked for a coding.
  if (same && ours.excerpt.empty() && has_other_coding(bytes)) return "coded";
  if (ours.kind != OutcomeKind::broken) return {};
  // libcurl takes a folded line behind the last line of an announcement, and a line that begins with a
  // carriage return for the end of a head.
  if (reason(ours) == "not a header" && begins_folded(bytes)) return "folded";
  if (has_stray_return(bytes)) return "carriage return";
  // libcurl finds a status behind "HTTP/1.\t91" as well.
  if (reason(ours) == "not HTTP/1.1" && has_odd_version(bytes)) return "version";
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

std::string told(const Outcome& it) {
  return fmt::format("{} {} '{}' {} '{}' {}", to_string(it.kind), it.status, escaped(it.excerpt),
                     it.retry_after ? it.retry_after->count() : -1, it.error, it.address) +
         fmt::format(" resolved {} connected {} tls {}", it.timings.name_resolved.has_value(),
                     it.timings.connected.has_value(), it.timings.tls_ready.has_value());
}

struct Both {
  std::vector<Outcome> oracle, ours;
};

Both outcomes_of_both(Wire wire, const std::vector<Script>& scripts, bool kept) {
  return {outcomes(HttpClient::libcurl, wire, scripts, kept),
          outcomes(HttpClient::direct, wire, scripts, kept)};
}

bool same(const Script& script, const Outcome& oracle, const Outcome& ours) {
  const bool equal = oracle.kind == ours.kind && oracle.status == ours.status &&
                     oracle.excerpt == ours.excerpt && oracle.retry_after == ours.retry_after &&
                     same_way(oracle, ours) && same_reason(oracle, ours);
  return equal || !excuse(script.bytes, oracle, ours).empty();
}

/// Returns how many are answered.
std::size_t check(Wire wire, const std::vector<Script>& scripts, bool kept) {
  const auto [oracle, ours] = outcomes_of_both(wire, scripts, kept);
  std::vector<Script> different;  // once more, as on a busy machine any attempt may time out
  for (std::size_t i = 0; i < scripts.size(); ++i)
    if (!same(scripts[i], oracle[i], ours[i])) different.push_back(scripts[i]);
  const auto again = outcomes_of_both(wire, different, kept);
  for (std::size_t i = 0; i < different.size(); ++i)
    if (!same(different[i], again.oracle[i], again.ours[i]))
      FAIL_CHECK("answer: " << escaped(different[i].bytes) << "\nend " << static_cast<int>(different[i].end)
                            << "\nlibcurl: " << told(again.oracle[i])
                            << "\ndirect:  " << told(again.ours[i]));
  return static_cast<std::size_t>(std::count_if(
      ours.begin(), ours.end(), [](const Outcome& it) { return it.kind == OutcomeKind::answered; }));
}

/// Answers the first request to "/N" by script N in one piece, and a second one, if it comes on the same
/// connection, well. Notes whether it does.
class WaitingTalk {
 public:
  struct Used {
    explicit Used(std::size_t count) : asked(count), again(count) {}
    std::vector<std::atomic<bool>> asked, again;
  };
  WaitingTalk(const std::vector<Script>& scripts, Used& used) : scripts_(&scripts), used_(&used) {}

  template <class Peer>
  void operator()(Peer& peer) const {
    auto request = peer.request();
    if (!request) return;
    const std::size_t number = number_of(*request);
    if (!used_->asked[number].exchange(true)) {
      if (!peer.send(scripts_->at(number).bytes) || !peer.request()) return;
      used_->again[number] = true;
    }
    peer.send("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n");
  }

 private:
  const std::vector<Script>* scripts_;
  Used* used_;
};

struct Reuse {
  bool again = false;  ///< its connection carried a second request
  bool timely = true;  ///< the first request ended long before its timeout
};

std::vector<Reuse> reuse_of(HttpClient client, Wire wire, const std::vector<Script>& scripts) {
  WaitingTalk::Used used{scripts.size()};
  const ScriptedServer server{wire, WaitingTalk{scripts, used}};
  auto options = server.options();
  options.timeout = 700ms;  // of answers that are not whole
  const std::size_t at_once = wire == Wire::plain ? 100 : 20;
  TransportFixture fixture{options, {at_once, at_once}, client};
  std::vector<Reuse> all(scripts.size());
  for (std::size_t i = 0; i < scripts.size(); i += at_once) {
    const auto end = std::min(i + at_once, scripts.size());
    const auto first = send_all(fixture, server, i, end);
    send_all(fixture, server, i, end);
    for (std::size_t at = i; at < end; ++at) {
      all[at].again = used.again[at];
      all[at].timely = first[at - i].took < options.timeout / 2;
    }
  }
  return all;
}

/// Returns how many connections are used again.
std::size_t check_reuse(Wire wire, const std::vector<Script>& scripts) {
  const auto oracle = reuse_of(HttpClient::libcurl, wire, scripts);
  const auto ours = reuse_of(HttpClient::direct, wire, scripts);
  std::size_t again = 0;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const bool allowed =
        StrictAnswer::read(scripts[i].bytes, {.headers_most = 2'048, .body_most = 4'096}).has_value();
    again += ours[i].again ? 1 : 0;
    // libcurl also uses connections after answers that the standard does not allow. On a busy machine either
    // may miss an answer.
    const bool ours_right = ours[i].again == allowed || (allowed && !ours[i].timely);
    const bool oracle_right = oracle[i].again || !allowed || !oracle[i].timely;
    if (ours_right && oracle_right) continue;
    FAIL_CHECK("answer " << i << ": " << escaped(scripts[i].bytes) << "\nallowed " << allowed << " libcurl "
                         << oracle[i].again << " direct " << ours[i].again);
  }
  return again;
}

/// `usual`, or one of `share` of the answers that are asked for.
std::size_t count_of(std::size_t usual, std::size_t share) {
  const char* const asked = std::getenv("DISPATCH_TEST_ANSWERS");
  return asked != nullptr ? std::stoul(asked) / share : usual;
}

}  // namespace

TEST_SUITE("long") {
  TEST_CASE("two clients: the same answers have the same outcomes on new connections") {
    const std::size_t count = count_of(4'000, 1);
    for (std::size_t done = 0; done < count; done += 1'000)
      CHECK(check(Wire::plain, made_up(1'000, static_cast<unsigned>(14 + done)), false) > 300);
  }

  TEST_CASE("two clients: the same answers have the same outcomes on kept connections") {
    const std::size_t count = count_of(1'000, 5);
    for (std::size_t done = 0; done < count; done += 500)
      CHECK(check(Wire::plain, made_up(500, static_cast<unsigned>(41 + done)), true) > 150);
  }

  TEST_CASE("two clients: the same answers have the same outcomes over TLS") {
    const std::size_t count = count_of(500, 20);
    for (std::size_t done = 0; done < count; done += 500)
      for (const bool kept : {false, true})
        CHECK(check(Wire::tls, made_up(250, static_cast<unsigned>(77 + done)), kept) > 75);
  }

  TEST_CASE("two clients: connections are used again after the answers that allow it") {
    const std::size_t count = count_of(1'000, 10);
    for (std::size_t done = 0; done < count; done += 1'000) {
      CHECK(check_reuse(Wire::plain, nearly_good(1'000, static_cast<unsigned>(140 + done))) > 100);
      CHECK(check_reuse(Wire::tls, nearly_good(100, static_cast<unsigned>(410 + done))) > 10);
    }
  }
}
