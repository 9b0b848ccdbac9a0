#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// What the heads of one answer say about its body and its connection (RFC 9110, 9112). Pure: no input or
/// output. As the AnswerParser, it reads what counts for the outcome as libcurl does, and is strict in what
/// decides about the connection.
class AnswerFields {
 public:
  /// Starts the next answer.
  void begin();
  /// Starts the next head of the answer, by its status line.
  void begin_head(int status, bool version_10);
  /// Reads a field. False if that makes the answer invalid: a length that is no number.
  bool read(std::string_view name, std::string_view value);
  /// Reads a folded line, without its end.
  void fold(std::string_view text);

  /// The status of the last head; 0 if there is none.
  int status() const { return status_; }
  /// True if an answer of this status has no body.
  bool has_no_body() const { return status_ < 200 || status_ == 204 || status_ == 304; }
  bool is_chunked() const { return chunked_; }
  /// True if the body is in a transfer coding that nobody asked for.
  bool is_coded() const { return coded_; }
  /// The bytes of the body; nothing if it ends otherwise.
  std::optional<std::uint64_t> length() const { return ignore_length_ ? std::nullopt : length_; }
  /// True if the fields say that a body follows, whatever its length.
  bool names_body() const { return chunked_ || length_.value_or(0) > 0; }
  /// True if the server is going to close the connection, or must be made to.
  bool closes() const { return close_; }
  /// True if the fields are as the standard has them, and leave no doubt where the answer ends.
  bool is_clean() const;
  /// The first value of Retry-After in the last head; empty if there is none.
  std::string_view retry_after() const { return retry_after_; }

 private:
  void connection(std::string_view value);
  bool content_length(std::string_view value);
  void transfer_encoding(std::string_view value);

  int status_ = 0;
  bool version_10_ = false;
  bool clean_ = true;
  bool close_ = false;          // HTTP/1.0, Connection: close, or no other end than that
  bool told_to_close_ = false;  // by Connection: close
  bool chunked_ = false, coded_ = false;
  bool ignore_length_ = false;
  std::optional<std::uint64_t> length_;
  bool after_retry_after_ = false;  // the last header line was Retry-After
  bool has_retry_after_ = false;
  std::string retry_after_;
};

}  // namespace dispatch::delivery
