#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/answer_parser.hpp"
#include "delivery/http/direct/channel.hpp"
#include "delivery/http/direct/request_target.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/transport.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Writes the head of a POST with a body of this many bytes, as libcurl writes it. `lines` are in the form of
/// the wire. Pure function.
void write_request_head(const RequestTarget& target, const HeaderLines& lines, std::size_t body_bytes,
                        std::string& head);

/// One request and its answer on a connection. Handles one exchange at a time.
class Exchange {
 public:
  /// `options` is borrowed.
  explicit Exchange(const HttpOptions& options)
      : answer_({options.headers_most, options.body_most, options.excerpt_most}) {}

  struct Start {
    Outgoing outgoing;
    SteadyTime started;  ///< of the attempt
    std::chrono::milliseconds timeout;
    AttemptTimings timings;
    bool on_kept_connection;
  };
  /// Begins an exchange; `lines` are its header fields, in the form of the wire. Nothing is sent yet.
  void begin(Start start, const RequestTarget& target, const HeaderLines& lines);

  /// Sends and reads as much as the channel lets it; `ready` are the socket's events. Returns true once the
  /// exchange has ended.
  bool advance(Channel& channel, std::uint32_t ready, std::span<char> buffer);

  /// The events to wait for.
  std::uint32_t awaited() const;

  /// True if another request may follow on the connection of an exchange that has ended.
  bool allows_reuse() const { return is_sent() && answer_.allows_reuse() && !spoke_on_; }

  /// True if the exchange has ended because its kept connection had, before anything of the answer came.
  bool lost_connection() const;

  /// The outcome of an exchange that has ended, on a connection to `address`.
  Report finish(const std::string& address, const Clock& clock);
  /// Ends the exchange because of its timeout.
  Report time_out(const std::string& address, const Clock& clock);
  /// Aborts the exchange. Its outcome is unknown if anything may have been sent.
  Report cut();
  /// Ends an exchange of which nothing was sent, as a failure to connect; `why` becomes the outcome's error.
  Report not_sent(std::string why, const std::string& address, const Clock& clock);
  /// Ends an exchange that cannot go on because this machine lacks something; `why` becomes the outcome's
  /// error.
  Report give_up(std::string why, const std::string& address, const Clock& clock);

  std::uint32_t host() const { return start_.outgoing.host; }

 private:
  bool is_sent() const { return sent_ == head_.size() + body_.size(); }
  void write(Channel& channel, std::span<char> buffer);
  void read(Channel& channel, std::span<char> buffer);
  void answer_ended();
  bool broke() const;
  Outcome outcome(const std::string& address, const Clock& clock);
  Report report(Outcome outcome);

  AnswerParser answer_;
  Start start_{};
  std::string head_;       // and the payload, if that is small
  std::string_view body_;  // the payload, if it is not in head_
  std::size_t sent_ = 0;
  bool tried_ = false;  // false: certainly nothing was sent. TLS may have sent some where sent_ is 0
  std::uint32_t read_awaits_ = 0, write_awaits_ = 0;  // the events that the channel waits for
  bool write_blocked_ = false;                        // some of this request has waited for the socket
  bool reading_ = true;    // false: the answer has ended, and the rest of the request is sent
  bool spoke_on_ = false;  // the peer has sent more while the rest of the request was sent
  bool ended_ = false;
  std::string error_;  // why there is no answer, if the connection broke
};

}  // namespace dispatch::delivery
