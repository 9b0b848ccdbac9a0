#pragma once

#include "delivery/http/direct/answer_fields.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Parses the answer to one request (RFC 9112) piece by piece: announcements (1xx), status line, header
/// fields, body and trailer. Pure: no input or output, bounded memory.
///
/// What counts for the outcome is read as libcurl reads it, with its tolerance of old servers. What decides
/// about the connection is strict: after an answer that is not exactly as the standard has it, such as one
/// with two lengths, bare line feeds or bytes behind its end, the connection is not used again.
class AnswerParser {
 public:
  struct Limits {
    std::size_t headers_most = 65'536;  ///< bytes of all heads and the trailer
    std::size_t body_most = 65'536;     ///< bytes of the body; with more it is not read to its end
    std::size_t excerpt_most = 1'024;   ///< bytes of the body that are stored
  };
  explicit AnswerParser(const Limits& limits) : limits_(limits) {}

  /// Starts the next answer.
  void begin();

  /// Takes the next bytes from the connection, until the answer has ended. Returns how many belong to the
  /// answer.
  std::size_t take(std::string_view bytes);

  /// Notes that the peer sends nothing more. The answer has then ended.
  void end_of_input();

  /// True once nothing more of the answer is wanted, whether it is complete, too long or broken.
  bool has_ended() const { return state_ == State::ended; }

  /// True once the status and the headers of the last answer are complete.
  bool is_answered() const { return answered_; }
  /// True if not even one whole line has come.
  bool is_silent() const { return silent_; }
  /// True if the peer sent nothing more before the head was complete.
  bool is_cut_off() const {
    return fault_ == Fault::closed_silently || fault_ == Fault::closed_in_headers ||
           fault_ == Fault::closed_before_body;
  }
  /// The last status; 0 if none has come.
  int status() const { return fields_.status(); }
  /// The first value of Retry-After; empty if there is none.
  std::string_view retry_after() const { return fields_.retry_after(); }
  /// The first bytes of the body.
  std::string take_excerpt() { return std::move(excerpt_); }

  /// True if the answer has ended by its own framing, and neither broke off nor was too long.
  bool is_complete() const { return complete_; }
  /// True if another request may follow on the connection: the answer has ended, by its own framing.
  bool allows_reuse() const { return state_ == State::ended && clean_ && fields_.is_clean() && !closes(); }
  /// True if the server is going to close the connection, or must be made to.
  bool closes() const { return endless_ || fields_.closes(); }

  /// Why there is no answer, for people. Only after the end of one that is not answered.
  std::string explain() const;

 private:
  enum class State : std::uint8_t {
    status_line,
    header,
    sized_body,
    endless_body,  ///< until the peer closes
    chunk_size,
    chunk_data,
    chunk_end,
    trailer,
    ended,
  };
  enum class Fault : std::uint8_t {
    none,
    headers_too_large,
    not_http_1,
    status_line,
    switched_protocols,
    nul,
    no_colon,
    stray_carriage_return,
    content_length,
    closed_silently,
    closed_in_headers,
    closed_before_body,
  };

  std::size_t take_line(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  void check_prefix(std::string_view begin);
  void line(std::string_view text);
  void status_line(std::string_view text);
  void header_line(std::string_view text);
  void end_of_head();
  void chunk_size(std::string_view text);
  void chunk_end(std::string_view text);
  void store(std::string_view body);
  void end(Fault fault = Fault::none);
  void end_uncleanly();

  const Limits limits_;
  State state_ = State::status_line;
  Fault fault_ = Fault::none;
  bool answered_ = false, complete_ = false;
  bool silent_ = true;
  bool announced_ = true;  // nothing of a head has come since the last announcement
  bool clean_ = true;      // lines and framing are as the standard has them
  bool endless_ = false;   // the body ends with the connection
  unsigned lines_ = 0;     // of this head
  AnswerFields fields_;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::size_t header_bytes_ = 0, framing_bytes_ = 0, body_bytes_ = 0;
  std::string partial_;  // of a line
  std::string excerpt_;
};

}  // namespace dispatch::delivery
