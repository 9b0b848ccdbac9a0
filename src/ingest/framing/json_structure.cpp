#include "ingest/framing/json_structure.hpp"

#include "base/text/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

/// What a byte is outside of strings.
enum class Mark : unsigned char { scalar, space, newline, quote, open, close, colon, comma };
constexpr std::array<Mark, 256> marks = [] {
  std::array<Mark, 256> table{};
  table[' '] = table['\t'] = table['\r'] = Mark::space;
  table['\n'] = Mark::newline;
  table['"'] = Mark::quote;
  table['{'] = table['['] = Mark::open;
  table['}'] = table[']'] = Mark::close;
  table[':'] = Mark::colon;
  table[','] = Mark::comma;
  return table;
}();

Mark mark_of(char c) {
  return marks[static_cast<unsigned char>(c)];
}

}  // namespace

JsonStructure::Step JsonStructure::scan(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (broken_) return {Event::broken, at};
    Event event = Event::none;
    switch (token_) {
      case Token::none:
        event = begin_token(text, at);
        break;
      case Token::string:
      case Token::name:
        if (!pass_string(text, at)) break;
        if (std::exchange(token_, Token::none) == Token::string) {
          event = end_value();
        } else {
          expect_ = Expect::colon;
          if (!skipping_) event = Event::name_end;
        }
        break;
      case Token::scalar:
        if (!pass_scalar(text, at)) break;
        token_ = Token::none;
        event = end_value();
        break;
      case Token::mark:
        if (text[at] != byte_order_mark[mark_at_]) {
          event = fail("an incomplete byte-order mark stands between two documents");
          break;
        }
        ++at;
        if (++mark_at_ == byte_order_mark.size()) token_ = Token::none;
        break;
    }
    if (broken_) event = Event::broken;
    if (event != Event::none) return {event, at};
  }
  return {Event::none, at};
}

JsonStructure::Event JsonStructure::finish() {
  if (broken_) return Event::broken;
  if (token_ == Token::scalar && depth() == 0) {
    token_ = Token::none;
    return end_value();
  }
  if (token_ != Token::none || expect_ != Expect::document)
    return fail("the input ends before the document is complete");
  return Event::none;
}

bool JsonStructure::pass_string(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  const auto keep = [&] {
    if (token_ == Token::name && !skipping_ && name_.size() <= name_most_)
      name_.append(text.substr(begin, std::min(at - begin, name_most_ + 1 - name_.size())));
  };
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') {
      fail("a string is not closed on its line");
      return false;
    }
    if (std::exchange(escaped_, false)) continue;
    if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      keep();
      ++at;
      return true;
    }
  }
  keep();
  return false;
}

bool JsonStructure::pass_scalar(std::string_view text, std::size_t& at) {
  while (at < text.size() && mark_of(text[at]) == Mark::scalar) ++at;
  return at < text.size();
}

JsonStructure::Event JsonStructure::begin_token(std::string_view text, std::size_t& at) {
  const char c = text[at];
  const Mark mark = mark_of(c);
  if (mark == Mark::newline) ++line_;
  if (mark == Mark::newline || mark == Mark::space) {
    ++at;
    return Event::none;
  }
  if (expect_ == Expect::document && c == byte_order_mark[0]) {
    token_ = Token::mark;
    mark_at_ = 0;
    return Event::none;
  }
  const bool is_name = mark == Mark::quote && (expect_ == Expect::name || expect_ == Expect::name_or_close);
  const bool begins_value = !is_name && (mark == Mark::quote || mark == Mark::open || mark == Mark::scalar);
  if (begins_value && !value_may_begin()) return fail_at(c);
  if (begins_value && !skipping_ && !std::exchange(announced_, true)) return Event::value_begin;
  announced_ = false;
  Event event = Event::none;
  switch (mark) {
    case Mark::quote:
      token_ = is_name ? Token::name : Token::string;
      if (is_name && !skipping_) name_.clear();
      break;
    case Mark::scalar:
      token_ = Token::scalar;
      break;
    case Mark::open:
      event = open(c);
      break;
    case Mark::close:
      event = close(c);
      break;
    case Mark::colon:
      if (expect_ != Expect::colon) return fail_at(c);
      expect_ = Expect::value;
      break;
    case Mark::comma:
      if (expect_ != Expect::comma_or_close) return fail_at(c);
      expect_ = in_object_.back() ? Expect::name : Expect::value;
      break;
    case Mark::space:
    case Mark::newline:
      break;
  }
  if (!broken_) ++at;
  return event;
}

JsonStructure::Event JsonStructure::open(char bracket) {
  if (depth() == depth_most) return fail(fmt::format("nested deeper than {} levels", depth_most));
  const bool object = bracket == '{';
  in_object_.push_back(object);
  expect_ = object ? Expect::name_or_close : Expect::value_or_close;
  return Event::none;
}

JsonStructure::Event JsonStructure::close(char bracket) {
  const bool object = bracket == '}';
  const bool may_close = expect_ == Expect::comma_or_close ||
                         expect_ == (object ? Expect::name_or_close : Expect::value_or_close);
  if (!may_close || in_object_.back() != object) return fail_at(bracket);
  in_object_.pop_back();
  return end_value();
}

JsonStructure::Event JsonStructure::end_value() {
  expect_ = depth() == 0 ? Expect::document : Expect::comma_or_close;
  if (!skipping_) return Event::value_end;
  if (depth() != skip_depth_) return Event::none;
  skipping_ = false;
  return Event::value_end;
}

JsonStructure::Event JsonStructure::fail_at(char found) {
  const bool object = depth() > 0 && in_object_.back();
  const auto expected = [&]() -> std::string_view {
    switch (expect_) {
      case Expect::document:
        return "an object or an array";
      case Expect::value:
        return "a value";
      case Expect::value_or_close:
        return "a value or ']'";
      case Expect::name:
        return "a name in quotes";
      case Expect::name_or_close:
        return "a name in quotes or '}'";
      case Expect::colon:
        return "':'";
      case Expect::comma_or_close:
        return object ? "',' or '}'" : "',' or ']'";
    }
    return "something else";
  };
  const bool printable = found > ' ' && found <= '~';
  return fail(fmt::format("{} stands where {} is expected",
                          printable ? fmt::format("'{}'", found)
                                    : fmt::format("the byte 0x{:02X}", static_cast<unsigned char>(found)),
                          expected()));
}

JsonStructure::Event JsonStructure::fail(std::string problem) {
  broken_ = true;
  problem_ = std::move(problem);
  return Event::broken;
}

}  // namespace dispatch::ingest
