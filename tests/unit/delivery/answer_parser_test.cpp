#include "delivery/http/direct/answer_parser.hpp"

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using dispatch::delivery::AnswerParser;

namespace {

/// What became of an answer.
struct Parsed {
  bool answered = false, reuse = false;
  int status = 0;
  std::string excerpt, retry_after, why;
  bool ended_by_itself = false;
  std::size_t taken = 0;  ///< of an answer that broke off, up to the end of the piece in which it did
  bool operator==(const Parsed& other) const {
    return answered == other.answered && reuse == other.reuse && status == other.status &&
           excerpt == other.excerpt && retry_after == other.retry_after && why == other.why &&
           ended_by_itself == other.ended_by_itself;
  }
};

/// Takes the answer in pieces of these sizes, the last of them for the rest, and then the end of the input.
Parsed parse(std::string_view answer, const std::vector<std::size_t>& pieces,
             const AnswerParser::Limits& limits = {}) {
  AnswerParser parser{limits};
  parser.begin();
  Parsed parsed;
  std::size_t next = 0;
  while (!answer.empty() && !parser.has_ended()) {
    const auto piece = answer.substr(0, pieces[std::min(next++, pieces.size() - 1)]);
    const auto taken = parser.take(piece);
    CHECK((taken == piece.size() || parser.has_ended()));
    parsed.taken += taken;
    answer.remove_prefix(taken);
  }
  parsed.ended_by_itself = parser.has_ended();
  parser.end_of_input();
  CHECK(parser.has_ended());
  parsed.answered = parser.is_answered();
  // Bytes behind the answer are for the caller to see where they come in a piece of their own.
  parsed.reuse = parser.allows_reuse() && answer.empty();
  parsed.status = parser.is_answered() ? parser.status() : 0;
  parsed.excerpt = parser.take_excerpt();
  parsed.retry_after = parser.is_answered() ? parser.retry_after() : "";
  parsed.why = parser.is_answered() ? "" : parser.explain();
  CHECK(parsed.answered == parsed.why.empty());
  return parsed;
}

/// Takes it whole, byte by byte and in pieces at random, which must all give the same.
Parsed parse(std::string_view answer) {
  const auto whole = parse(answer, {answer.size() + 1});
  CAPTURE(answer);
  CHECK(parse(answer, {1}) == whole);
  std::mt19937 random{static_cast<unsigned>(answer.size())};
  for (int round = 0; round < 10; ++round) {
    std::vector<std::size_t> pieces(20);
    for (auto& piece : pieces) piece = 1 + random() % 12;
    CHECK(parse(answer, pieces) == whole);
  }
  return whole;
}

struct Case {
  const char* what;
  std::string bytes;
  int status;  ///< 0: no answer
  std::string excerpt;
  enum class Connection { kept, dropped } connection;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& it : cases) {
    CAPTURE(it.what);
    const auto parsed = parse(it.bytes);
    INFO(parsed.why);
    CHECK(parsed.answered == (it.status > 0));
    CHECK(parsed.status == it.status);
    if (it.status > 0) CHECK(parsed.excerpt == it.excerpt);
    CHECK(parsed.reuse == (it.connection == Case::Connection::kept));
  }
}

std::string why(std::string_view bytes) {
  return parse(bytes).why;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string no = "HTTP/1.1 500 No\r\n";
const std::string chunked = no + "Transfer-Encoding: chunked\r\n\r\n";
constexpr auto kept = Case::Connection::kept, dropped = Case::Connection::dropped;

}  // namespace

TEST_CASE("answers: a clean answer ends by its own framing and lets the connection be used again") {
  check({
      {"no body", ok + "Content-Length: 0\r\n\r\n", 200, "", kept},
      {"a body", no + "Content-Length: 4\r\n\r\nbody", 500, "body", kept},
      {"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "", kept},
      {"an empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, "", kept},
      {"names in any case", no + "cOnTeNt-LeNgTh:4\r\n\r\nbody", 500, "body", kept},
      {"spaces around values", no + "Content-Length: \t 4 \t\r\n\r\nbody", 500, "body", kept},
      {"leading zeros", no + "Content-Length: 0004\r\n\r\nbody", 500, "body", kept},
      {"the same length twice", no + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", 500, "body", kept},
      {"204", "HTTP/1.1 204 None\r\n\r\n", 204, "", kept},
      {"204 with the length 0", "HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n", 204, "", kept},
      {"chunks", chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 500, "abcde", kept},
      {"no chunk", chunked + "0\r\n\r\n", 500, "", kept},
      {"chunks with extensions and trailers", chunked + "3;a=\"b\"\r\nabc\r\n00;x\r\nX-T: 1\r\nY: 2\r\n\r\n",
       500, "abc", kept},
      {"sizes in hexadecimal", chunked + "A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n", 500,
       "01234567890123456789a", kept},
      {"chunked in any case", no + "Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 500, "a", kept},
      {"announcements",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx",
       200, "x", kept},
      {"a length in an announcement",
       "HTTP/1.1 103 Hints\r\nContent-Length: 9\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx", 200, "x", kept},
      {"HTTP/1.0 that keeps the connection",
       "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", 200, "x", kept},
      {"status 999", "HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", 999, "", kept},
  });
}

TEST_CASE("answers: where the server closes or the framing is doubtful the status counts and nothing more") {
  check({
      {"Connection: close", ok + "Connection: close\r\nContent-Length: 1\r\n\r\nx", 200, "x", dropped},
      {"among others", ok + "connection: TE, Close\r\nContent-Length: 1\r\n\r\nx", 200, "x", dropped},
      {"in an announcement",
       "HTTP/1.1 103 Hints\r\nConnection: close\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", 200, "",
       dropped},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "x", dropped},
      {"HTTP/1.0 with both", "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 1\r\n\r\nx",
       200, "x", dropped},
      {"HTTP/1.0 with chunks",
       "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
       200, "x", dropped},
      {"no length", no + "\r\nbody until the end", 500, "body until the end", dropped},
      {"no length and no body", ok + "\r\n", 200, "", dropped},
      {"bare line feeds", "HTTP/1.1 500 No\nContent-Length: 2\n\nno", 500, "no", dropped},
      {"a bare line feed in the end", no + "Content-Length: 2\r\n\nno", 500, "no", dropped},
      {"two lengths", no + "Content-Length: 5\r\nContent-Length: 2\r\n\r\nno", 500, "no", dropped},
      {"a list of lengths", no + "Content-Length: 2, 2\r\n\r\nno", 500, "no", dropped},
      {"a length with a sign", no + "Content-Length: +2\r\n\r\nno", 500, "no", dropped},
      {"a length with rubbish", no + "Content-Length: 2x\r\n\r\nno", 500, "no", dropped},
      {"a length beyond all numbers", no + "Content-Length: 99999999999999999999\r\n\r\nno", 500, "no",
       dropped},
      {"a length and chunks",
       no + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 500, "a", dropped},
      {"chunks and a length",
       no + "Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n1\r\na\r\n0\r\n\r\n", 500, "a", dropped},
      {"a space before the colon", no + "Content-Length: 2\r\nX : y\r\n\r\nno", 500, "no", dropped},
      {"a folded line", no + "X: a\r\n  b\r\nContent-Length: 2\r\n\r\nno", 500, "no", dropped},
      {"a carriage return in a value", no + "X: a\rb\r\nContent-Length: 2\r\n\r\nno", 500, "no", dropped},
      {"an empty name", no + ": a\r\nContent-Length: 2\r\n\r\nno", 500, "no", dropped},
      {"spaces before the status", "HTTP/1.1   500 No\r\nContent-Length: 2\r\n\r\nno", 500, "no", dropped},
      {"a coding nobody asked for", no + "Transfer-Encoding: gzip\r\n\r\nno", 500, "", dropped},
      {"a coding below the chunks", no + "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 500,
       "", dropped},
      {"chunked twice",
       no + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 500, "a",
       dropped},
      {"identity", no + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nno", 500, "no", dropped},
      {"an empty coding", no + "Transfer-Encoding:\r\nContent-Length: 1\r\n\r\nno", 500, "no", dropped},
      {"a chunk without size", chunked + "\r\nabc\r\n0\r\n\r\n", 500, "", dropped},
      {"a chunk of a bad size", chunked + "zz\r\nabc\r\n", 500, "", dropped},
      {"a chunk of a negative size", chunked + "-5\r\nabc\r\n0\r\n\r\n", 500, "", dropped},
      {"a chunk of 17 digits", chunked + "00000000000000001\r\na\r\n0\r\n\r\n", 500, "", dropped},
      {"a chunk beyond all numbers", chunked + "ffffffffffffffff\r\na\r\n0\r\n\r\n", 500, "", dropped},
      {"a size with rubbish", chunked + "1 x\r\na\r\n0\r\n\r\n", 500, "a", dropped},
      {"chunks with bare line feeds", chunked + "1\na\n0\n\n", 500, "a", dropped},
      {"a chunk longer than its size", chunked + "1\r\nab\r\n0\r\n\r\n", 500, "a", dropped},
      {"a trailer without colon", chunked + "0\r\nX\r\n\r\n", 500, "", dropped},
  });
}

TEST_CASE("answers: what ends before its framing is answered once its head was complete") {
  check({
      {"in the body", no + "Content-Length: 9\r\n\r\nbody", 500, "body", dropped},
      {"before the body", no + "Content-Length: 9\r\n\r\n", 500, "", dropped},
      {"in a chunk", chunked + "9\r\nbody", 500, "body", dropped},
      {"in the size of a chunk", chunked + "9", 500, "", dropped},
      {"behind a chunk", chunked + "1\r\na", 500, "a", dropped},
      {"before the last chunk", chunked + "1\r\na\r\n", 500, "a", dropped},
      {"in the trailer", chunked + "0\r\n", 500, "", dropped},
  });
}

TEST_CASE("answers: a server that may send more than its answer is not trusted with another request") {
  check({
      {"304 with a length", "HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\n", 304, "", dropped},
      {"204 with a length", "HTTP/1.1 204 None\r\nContent-Length: 56\r\n\r\n", 204, "", dropped},
      {"204 with an encoding", "HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", 204, "", dropped},
      {"close is not taken back",
       "HTTP/1.0 200 OK\r\nConnection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 200, "",
       dropped},
      {"a carriage return in an extension", chunked + "1;a\rb\r\na\r\n0\r\n\r\n", 500, "a", dropped},
      {"a NUL in a trailer", chunked + "0\r\n" + std::string{"X: a\0\r\n", 8} + "\r\n", 500, "", dropped},
      {"a long extension", chunked + "1;" + std::string(5'000, 'x') + "\r\na\r\n0\r\n\r\n", 500, "", dropped},
  });
}

TEST_CASE("answers: bytes behind an answer do not belong to it and make its connection unusable") {
  for (const std::string& answer : std::vector<std::string>{
           ok + "Content-Length: 0\r\n\r\n", ok + "Content-Length: 2\r\n\r\nno", "HTTP/1.1 204 N\r\n\r\n",
           "HTTP/1.1 304 N\r\n\r\n", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    CAPTURE(answer);
    CHECK(parse(answer).reuse);
    for (const std::string behind : {"x", "\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
      const auto parsed = parse(answer + behind);
      CHECK(parsed.taken == answer.size());
      CHECK_FALSE(parsed.reuse);
      CHECK(parsed.answered);
    }
  }
}

TEST_CASE("answers: what is no answer is none and says why") {
  const std::string invalid = "the answer is not valid HTTP";
  const std::string cl = "Content-Length: 0\r\n\r\n";
  CHECK(why("") == "the server closed the connection without an answer");
  CHECK(why("HTTP/1.1 20") == "the server closed the connection without an answer");
  CHECK(why("HTTP/1.1 100 Continue\r\n\r\n") == "the server closed the connection without an answer");
  CHECK(why(ok) == invalid);
  CHECK(why(ok + "Content-Le") == invalid);
  CHECK(why("HTTP/1.1 100 Continue\r\n") == invalid);
  CHECK(why(ok + "Content-Length: 0\r\n") == invalid);
  CHECK(why(ok + "Content-Length: 1\r\n") == "the server closed the connection in the middle of its answer");
  for (const std::string& text : std::vector<std::string>{
           "hello\n", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n" + cl, "HTTP/3.7 200 OK\r\n" + cl,
           "HTTP/1.2 200 OK\r\n" + cl, "HTTP/1.11 200 OK\r\n" + cl, "HTTP/0.9 200 OK\r\n" + cl,
           "http/1.1 200 OK\r\n" + cl, " HTTP/1.1 200 OK\r\n" + cl, "\r\nHTTP/1.1 200 OK\r\n" + cl,
           std::string{"\0\0\x12\4\0\0\0\0\0", 9}, "RTSP/1.0 200 OK\r\n" + cl}) {
    CAPTURE(text);
    CHECK(why(text) == "the server does not speak HTTP/1.1");
  }
  for (const char* line : {"HTTP/1.1 200OK", "HTTP/1.1 2000 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 -20 OK",
                           "HTTP/1.1 20 OK", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 OK", "HTTP/1.1 000 Zero",
                           "HTTP/1.1 099 Low", "HTTP/1.1 20\r0 OK"}) {
    CAPTURE(line);
    CHECK(why(line + ("\r\n" + cl)) == "the answer's status line is malformed");
  }
  CHECK(why("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n") ==
        "the server switched protocols without being asked");
  CHECK(why(ok + std::string{"X: \0\r\n", 6} + cl) == invalid + ": Nul byte in header");
  CHECK(why(std::string{"HTTP/1.1 200 O\0K\r\n", 18} + cl) == invalid + ": Nul byte in header");
  CHECK(why(ok + "no field\r\n" + cl) == invalid + ": Header without colon");
  CHECK(why(ok + " X: folded\r\n" + cl) == invalid + ": Header without colon");
  CHECK(why(ok + "X\r: y\r\n" + cl) == invalid + ": Header without colon");
  CHECK(why(ok + "\rX: y\r\n" + cl) == invalid);
  for (const char* length : {"-1", "much", "", " ", "-0", "x5"}) {
    CAPTURE(length);
    CHECK(why(ok + "Content-Length: " + length + "\r\n\r\n") == invalid + ": Invalid Content-Length: value");
  }
}

TEST_CASE("answers: a protocol that is not HTTP is known before its first line ends") {
  AnswerParser parser{{}};
  parser.begin();
  parser.take("HT");
  CHECK_FALSE(parser.has_ended());
  parser.take("TQ");
  CHECK(parser.has_ended());
  CHECK(parser.explain() == "the server does not speak HTTP/1.1");
}

TEST_CASE("answers: Retry-After is the first one of the last head") {
  const auto of = [](const std::string& fields) {
    return parse("HTTP/1.1 103 H\r\nRetry-After: 1\r\n\r\nHTTP/1.1 503 B\r\n" + fields +
                 "Content-Length: 0\r\n\r\n")
        .retry_after;
  };
  CHECK(of("").empty());
  CHECK(of("Retry-After: 7\r\n") == "7");
  CHECK(of("retry-AFTER:\t 7 \t\r\n") == "7");
  CHECK(of("Retry-After: 7\r\nRetry-After: 8\r\n") == "7");
  CHECK(of("Retry-After:\r\nRetry-After: 8\r\n").empty());
  CHECK(of("Retry-After: Thu, 01 Jan\r\n  1970\r\n") == "Thu, 01 Jan 1970");
  CHECK(of("Retry-After: 7\r\nX: y\r\n 8\r\n") == "7");
  CHECK(of("Retry-After:\r\n 7\r\n").empty());  // as libcurl, which reads a carriage return first
  CHECK(of("Retry-After : 7\r\n").empty());
  CHECK(parse(chunked + "0\r\nRetry-After: 7\r\n\r\n").retry_after.empty());
}

TEST_CASE("answers: too many bytes of headers are no answer and of a trailer the end of it") {
  const AnswerParser::Limits limits{.headers_most = 100, .body_most = 50, .excerpt_most = 5};
  const std::string head = ok + "Content-Length: 0\r\n";
  const auto padded = [&](std::size_t size) {
    return head + "X: " + std::string(size - head.size() - 7, 'x') + "\r\n\r\n";
  };
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    CAPTURE(piece);
    CHECK(parse(padded(100), {piece}, limits).status == 200);
    CHECK(parse(padded(101), {piece}, limits).why == "the answer's headers are longer than 100 bytes");
    CHECK(parse(ok + std::string(1000, 'x'), {piece}, limits).why ==
          "the answer's headers are longer than 100 bytes");
    std::string announcements;
    for (int i = 0; i < 10; ++i) announcements += "HTTP/1.1 103 Early\r\n\r\n";
    CHECK(parse(announcements + head + "\r\n", {piece}, limits).why ==
          "the answer's headers are longer than 100 bytes");
    const auto trailer = parse(chunked + "0\r\nX: " + std::string(100, 'x') + "\r\n\r\n", {piece}, limits);
    CHECK(trailer.status == 500);
    CHECK_FALSE(trailer.reuse);
  }
}

TEST_CASE("answers: of a body the first bytes are kept and with too many it is not read to its end") {
  const AnswerParser::Limits limits{.headers_most = 1000, .body_most = 50, .excerpt_most = 5};
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    CAPTURE(piece);
    const auto just = parse(no + "Content-Length: 50\r\n\r\n" + std::string(50, 'a'), {piece}, limits);
    CHECK(just.excerpt == "aaaaa");
    CHECK(just.reuse);
    for (const std::string& much :
         {no + "Content-Length: 5000\r\n\r\n" + std::string(5000, 'a'), no + "\r\n" + std::string(5000, 'a'),
          chunked + "1388\r\n" + std::string(5000, 'a') + "\r\n0\r\n\r\n"}) {
      const auto cut = parse(much, {piece}, limits);
      CHECK(cut.ended_by_itself);
      CHECK(cut.status == 500);
      CHECK(cut.excerpt == "aaaaa");
      CHECK_FALSE(cut.reuse);
      if (piece == 1) CHECK(cut.taken < 300);
    }
  }
}

TEST_CASE("answers: extensions of chunks without end are cut off") {
  AnswerParser parser{{}};
  parser.begin();
  parser.take(chunked);
  const std::string chunk = "1;" + std::string(10'000, 'x') + "\r\na\r\n";
  std::size_t taken = 0;
  while (!parser.has_ended() && taken < 100'000'000) taken += parser.take(chunk);
  CHECK(taken < 2'000'000);
  CHECK(parser.is_answered());
  CHECK_FALSE(parser.allows_reuse());
}

TEST_CASE("answers: a parser begins anew after whatever came before") {
  AnswerParser parser{{}};
  for (const std::string& before :
       std::vector<std::string>{"rubbish", no + "Retry-After: 7\r\nConnection: close\r\n\r\nbody",
                                chunked + "5;x\r\nab", ok + "Content-Le", "HTTP/1.0 200 OK\nX: y\n z"}) {
    parser.begin();
    parser.take(before);
    parser.end_of_input();
    parser.begin();
    CHECK(parser.is_silent());
    CHECK_FALSE(parser.has_ended());
    parser.take("HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno");
    CHECK(parser.allows_reuse());
    CHECK(parser.status() == 503);
    CHECK(parser.retry_after().empty());
    CHECK(parser.take_excerpt() == "no");
  }
}

TEST_CASE("answers: nothing at random is read beyond its end or for ever") {
  std::mt19937 random{14};
  const std::vector<std::string> words{"HTTP/1.1 ",
                                       "200",
                                       " OK",
                                       "\r\n",
                                       "\n",
                                       "\r",
                                       "Content-Length: ",
                                       "0",
                                       "5",
                                       "-",
                                       "chunked",
                                       "Transfer-Encoding: ",
                                       "\0",
                                       "x",
                                       ":",
                                       " ",
                                       "103",
                                       "Connection: close",
                                       "HTTP/1.0 ",
                                       "ffff",
                                       ";"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random() % 4 != 0 ? ok : std::string{};
    for (auto count = random() % 20; count > 0; --count) text += words[random() % words.size()];
    const auto whole = parse(text, {text.size() + 1});
    CHECK(parse(text, {1 + random() % 5}) == whole);
    CHECK((whole.reuse ? whole.answered : true));
  }
}
