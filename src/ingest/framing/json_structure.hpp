#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Follows the structure of JSON text (RFC 8259), document behind document, in pieces of any size: strings,
/// brackets, and what may follow what. What numbers, words and escapes look like is not looked at, nor is
/// UTF-8; whoever takes a value checks that. A byte-order mark may stand between documents. Memory: a bit for
/// each open bracket, and the last name. Used by one thread.
class JsonStructure {
 public:
  /// Deeper nesting is broken.
  static constexpr std::size_t depth_most = std::size_t{64} * 1024;

  /// Keeps at most `name_most` + 1 bytes of a name.
  explicit JsonStructure(std::size_t name_most = 0) : name_most_(name_most) {}

  enum class Event {
    none,         ///< all bytes are used up
    value_begin,  ///< the next byte begins a value; depth() containers are open around it
    value_end,    ///< a value has ended before the next byte; depth() containers are open around it
    name_end,     ///< the name of a member has ended; name() is it
    broken,       ///< the next byte cannot stand there; problem() says why. It stays so
  };
  struct Step {
    Event event = Event::none;
    std::size_t taken = 0;  ///< bytes of the text before the next one
  };
  /// Goes through `text` up to the next event.
  Step scan(std::string_view text);
  /// At the end of the text: value_end where that ends a number or a word, none where documents end there,
  /// else broken. To be called until it returns none or broken.
  Event finish();

  /// After value_begin: of what is inside the value nothing is reported, only its end.
  void skip_value() {
    skipping_ = true;
    skip_depth_ = depth();
  }

  std::size_t depth() const { return in_object_.size(); }
  /// Returns true where the innermost open container is an object; there is one.
  bool in_object() const { return in_object_.back(); }
  /// The line that the next byte stands on, from 1.
  std::uint64_t line() const { return line_; }
  /// As it stands between its quotes; cut where it is longer than `name_most`.
  const std::string& name() const { return name_; }
  const std::string& problem() const { return problem_; }

 private:
  /// What may come next.
  enum class Expect { document, value, value_or_close, name, name_or_close, colon, comma_or_close };
  /// What the last byte stands in.
  enum class Token { none, string, name, scalar, mark };

  bool value_may_begin() const {
    return expect_ == Expect::document || expect_ == Expect::value || expect_ == Expect::value_or_close;
  }
  /// Continues the token under way; true where it has ended and `at` stands behind it.
  bool pass_string(std::string_view text, std::size_t& at);
  bool pass_scalar(std::string_view text, std::size_t& at);
  /// The token that begins with the byte at `at`.
  Event begin_token(std::string_view text, std::size_t& at);
  Event open(char bracket);
  Event close(char bracket);
  Event end_value();
  Event fail_at(char found);
  Event fail(std::string problem);

  const std::size_t name_most_;
  std::vector<bool> in_object_;  ///< for each open container, whether it is an object
  Expect expect_ = Expect::document;
  Token token_ = Token::none;
  bool escaped_ = false;
  bool announced_ = false;  ///< value_begin was reported of the next byte
  bool skipping_ = false;
  bool broken_ = false;
  std::size_t skip_depth_ = 0;
  std::size_t mark_at_ = 0;
  std::uint64_t line_ = 1;
  std::string name_;
  std::string problem_;
};

}  // namespace dispatch::ingest
