#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

// Answers of servers, good and bad, made up at random: the same for the same seed.

namespace dispatch::delivery {

using AnswerRandom = std::mt19937;

inline std::size_t below(AnswerRandom& random, std::size_t count) {
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
  /// `cut`: without the goodbye of TLS.
  enum class End { close, reset, stay, cut } end = End::close;
};

inline const std::vector<std::string> starts{
    "HTTP/1.1 200 OK\r\n",   "HTTP/1.1 500 No\r\n", "HTTP/1.1 204 None\r\n",
    "HTTP/1.1 304 Same\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 429\r\n",
    "HTTP/1.1 302 X\r\n",    "HTTP/1.1 200 \r\n",   "HTTP/1.1 101 Switching\r\n"};
inline const std::vector<std::string> fields{"Content-Length: 0\r\n",
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
inline const std::vector<std::string> bodies{"",
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
inline const std::vector<std::string> words{"\r\n", "\n",        "\r",  " ",  ":",       "0",
                                            "5",    "HTTP/1.1 ", "200", "\t", "chunked", "close",
                                            "x",    ",",         ";",   "-",  "\x80",    "+"};

/// Changes a few bytes.
inline void spoil(AnswerRandom& random, std::string& answer, std::size_t changes) {
  for (; changes > 0 && !answer.empty(); --changes) {
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
}

/// Of pieces that seldom fit together.
inline std::string made_up(AnswerRandom& random) {
  std::string answer;
  while (below(random, 6) == 0)
    answer += "HTTP/1.1 10" + std::to_string(below(random, 10)) + " Wait\r\n" +
              (below(random, 3) == 0 ? one_of(random, fields) : "") + "\r\n";
  answer += one_of(random, starts);
  for (auto count = below(random, 4); count > 0; --count) answer += one_of(random, fields);
  answer += "\r\n" + one_of(random, bodies);
  if (below(random, 4) > 1) spoil(random, answer, 1 + below(random, 3));
  return answer;
}

/// With the length that it says, or in chunks, and in one of two a fault.
inline std::string nearly_good(AnswerRandom& random) {
  const std::vector<std::string> harmless{"X: y\r\n",
                                          "Date: now\r\n",
                                          "Retry-After: 7\r\n",
                                          "X:\r\n",
                                          "Content-Type: text/plain\r\n",
                                          "Connection: keep-alive\r\n"};
  const auto some = [&] { return below(random, 2) == 0 ? one_of(random, harmless) : std::string{}; };
  const std::vector<std::string> extensions{"", "", "", ";a=b", " ;a", " ", " a", "\ta=b", ";a\rb"};
  std::string body(below(random, 30), 'b');
  std::string answer = below(random, 8) == 0 ? "HTTP/1.1 103 Hints\r\n" + some() + "\r\n" : "";
  answer += "HTTP/1.1 ";
  switch (below(random, 4)) {
    case 0:
      answer += (below(random, 2) == 0 ? "204 None\r\n" : "304 Same\r\n") + some() + "\r\n";
      break;
    case 1:
      answer += "200 OK\r\n" + some();
      answer += "Transfer-Encoding: chunked\r\n" + some() + "\r\n";
      if (!body.empty())
        answer += fmt::format("{:x}{}\r\n{}\r\n", body.size(), one_of(random, extensions), body);
      answer += "0\r\n" + some() + "\r\n";
      break;
    default:
      answer += "500 No\r\n" + some();
      if (below(random, 10) == 0) answer += fmt::format("Content-Length: {}\r\n", below(random, 30));
      answer += fmt::format("Content-Length: {}\r\n", body.size()) + some();
      answer += "\r\n" + body;
  }
  if (below(random, 2) == 0) spoil(random, answer, 1);
  return answer;
}

inline std::vector<Script> made_up(std::size_t count, unsigned seed) {
  AnswerRandom random{seed};
  std::vector<Script> scripts(count);
  for (Script& script : scripts) {
    script.bytes = made_up(random);
    if (below(random, 3) == 0)
      for (int i = 0; i < 8; ++i) script.pieces.push_back(1 + below(random, 30));
    const auto end = below(random, 100);
    script.end = end == 0   ? Script::End::stay
                 : end == 1 ? Script::End::reset
                 : end < 40 ? Script::End::cut
                            : Script::End::close;
  }
  return scripts;
}

inline std::vector<Script> nearly_good(std::size_t count, unsigned seed) {
  AnswerRandom random{seed};
  std::vector<Script> scripts(count);
  for (Script& script : scripts) script.bytes = nearly_good(random);
  return scripts;
}

}  // namespace dispatch::delivery
