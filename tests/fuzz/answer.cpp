// What a server sends, through the parser of the direct client: however it is cut into pieces it is the same
// answer, and a connection is used again only after one that ends exactly where it says.

#include "delivery/http/direct/answer_parser.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "support/strict_answer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

using dispatch::delivery::AnswerParser;
using dispatch::test::Input;
using dispatch::test::StrictAnswer;

namespace {

constexpr AnswerParser::Limits limits{.headers_most = 2'048, .body_most = 4'096, .excerpt_most = 64};

struct Parsed {
  bool answered = false, complete = false, reuse = false, cut_off = false;
  int status = 0;
  std::string excerpt, retry_after, why;
  bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view answer, std::size_t step) {
  AnswerParser parser{limits};
  parser.begin();
  while (!answer.empty() && !parser.has_ended()) {
    const auto piece = answer.substr(0, step);
    const auto taken = parser.take(piece);
    PROPERTY(taken <= piece.size() && (taken == piece.size() || parser.has_ended()));
    answer.remove_prefix(taken);
  }
  parser.end_of_input();
  PROPERTY(parser.has_ended());
  Parsed parsed;
  parsed.answered = parser.is_answered();
  parsed.complete = parser.is_complete();
  parsed.reuse = parser.allows_reuse() && answer.empty();
  parsed.cut_off = parser.is_cut_off();
  parsed.status = parser.is_answered() ? parser.status() : 0;
  parsed.excerpt = parser.take_excerpt();
  if (parsed.answered)
    parsed.retry_after = parser.retry_after();
  else
    parsed.why = parser.explain();
  return parsed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t step = 1 + std::size_t{input.byte()} % 64;
  const auto answer = input.rest();
  const auto whole = parse(answer, answer.size() + 1);
  PROPERTY(parse(answer, step) == whole);
  PROPERTY(parse(answer, 1) == whole);
  PROPERTY(whole.excerpt.size() <= limits.excerpt_most);
  PROPERTY(whole.answered == whole.why.empty());
  PROPERTY(whole.answered == (whole.status >= 200 && whole.status <= 999));
  PROPERTY(whole.answered || (!whole.complete && !whole.reuse && whole.excerpt.empty()));
  PROPERTY(!whole.reuse || whole.complete);
  PROPERTY(!(whole.answered && whole.cut_off));
  if (!whole.reuse) return 0;
  const auto strict =
      StrictAnswer::read(answer, {.headers_most = limits.headers_most, .body_most = limits.body_most});
  PROPERTY(strict);
  PROPERTY(strict->status == whole.status);
  PROPERTY(strict->body.substr(0, limits.excerpt_most) == whole.excerpt);
  PROPERTY(!parse(std::string{answer} + 'x', answer.size() + 1).reuse);
  if (!answer.empty()) PROPERTY(!parse(answer.substr(0, answer.size() - 1), answer.size()).reuse);
  return 0;
}
