#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Follows the structure of a series of JSON documents (RFC 8259), in pieces of any size: strings, brackets
/// and the order of tokens. It does not check the spelling of numbers, words and escapes, nor UTF-8; the
/// parser of a value does. A byte-order mark may be between documents. Memory: one bit for each open bracket,
/// and the last name. Used by one thread.
class JsonStructure {
 public:
  /// Deeper nesting counts as broken.
  static constexpr std::size_t depth_most = std::size_t{64} * 1024;

  /// Keeps at most `name_most` + 1 bytes of a name.
  explicit JsonStructure(std::size_t name_most = 0) : name_most_(name_most) {}

  enum class Event {
    none,         ///< all bytes are consumed
    value_begin,  ///< the next byte begins a value inside depth() containers
    value_end,    ///< a value inside depth() containers ended before the next byte
    name_end,     ///< the name of a member ended; see name()
    broken,       ///< the next byte is invalid; problem() says why. This state is final
  };
  struct Step {
    Event event = Event::none;
    std::size_t taken = 0;  ///< bytes before the next one
  };
  /// Scans `text` up to the next event.
  Step scan(std::string_view text);
  /// Call it at the end of the text, until it returns none or broken. Returns value_end if the end of the
  /// text ends a number or a word, none if all documents are complete, otherwise broken.
  Event finish();

  /// Call it after value_begin: only the end of the value will be reported, nothing inside it.
  void skip_value() {
    skipping_ = true;
    skip_depth_ = depth();
  }

  std::size_t depth() const { return in_object_.size(); }
  /// True if the innermost open container is an object; there must be one.
  bool in_object() const { return in_object_.back(); }
  /// The line of the next byte, from 1.
  std::uint64_t line() const { return line_; }
  /// The text between the quotes; cut if it is longer than `name_most`.
  const std::string& name() const { return name_; }
  const std::string& problem() const { return problem_; }

 private:
  /// What may come next.
  enum class Expect { document, value, value_or_close, name, name_or_close, colon, comma_or_close };
  /// The kind of token that contains the last byte.
  enum class Token { none, string, name, scalar, mark };

  bool value_may_begin() const {
    return expect_ == Expect::document || expect_ == Expect::value || expect_ == Expect::value_or_close;
  }
  /// Continues the current token; returns true if it has ended, with `at` behind it.
  bool pass_string(std::string_view text, std::size_t& at);
  bool pass_scalar(std::string_view text, std::size_t& at);
  /// Begins the token at `at`.
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
  bool announced_ = false;  ///< value_begin was reported for the next byte
  bool skipping_ = false;
  bool broken_ = false;
  std::size_t skip_depth_ = 0;
  std::size_t mark_at_ = 0;
  std::uint64_t line_ = 1;
  std::string name_;
  std::string problem_;
};

}  // namespace dispatch::ingest
