#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/system/fd.hpp"
#include "delivery/http/address/address_choice.hpp"
#include "delivery/http/address/address_memory.hpp"
#include "delivery/http/answer_reader.hpp"
#include "delivery/http/curl.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/tls_sessions.hpp"
#include "delivery/transport.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;  // OpenSSL's SSL

namespace dispatch::delivery {

/// What all transfers of a transport share. All of it is borrowed.
struct TransferContext {
  const HttpOptions& options;
  MultiLoop& loop;
  AddressMemory& addresses;
  TlsSessions& tls_sessions;
  Random& random;
};

/// One easy handle, which makes one attempt after the other. Belongs to the loop's thread, and must not move
/// because libcurl points into it.
class Transfer {
 public:
  static Result<std::unique_ptr<Transfer>> make(const TransferContext& context);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  enum class Purpose {
    request,        ///< makes the request and reads its answer
    connect,        ///< only connects; the caller makes the request on the socket
    connect_tls,    ///< only connects; the caller makes the request through send() and receive()
    connect_http2,  ///< as connect_tls, and offers the server HTTP/2
  };
  Purpose purpose() const { return purpose_; }
  static constexpr bool encrypts(Purpose purpose) {
    return purpose == Purpose::connect_tls || purpose == Purpose::connect_http2;
  }

  /// Whether the connection of the next attempt is kept for later ones, if its purpose is a request.
  void keep_connection(bool keep) { keep_ = keep; }
  bool keeps_connection() const { return keep_; }

  /// Starts the attempt at `now`. If it cannot be sent, returns its outcome, and is ready for another
  /// attempt.
  tl::expected<void, Outcome> start(Outgoing outgoing, WallTime now, Purpose purpose = Purpose::request);

  /// The time limit of the whole current attempt.
  std::chrono::milliseconds timeout() const { return timeout_; }

  /// Extends the attempt's time limit by time that does not count.
  void allow(std::chrono::milliseconds more);

  /// Call it when libcurl reports the end of the attempt. Returns true if the attempt has begun again: no
  /// connection was made, and addresses had been skipped. Nothing was sent.
  bool start_over(CURLcode code);

  /// An attempt that is connected, and on which the caller goes on.
  struct Connected {
    Outgoing outgoing;
    HeaderLines lines;  ///< the request's, as they are sent
    Fd socket;          ///< only of the purpose connect
    SteadyTime started;
    std::chrono::milliseconds timeout;
    AttemptTimings timings;
    std::string address;
  };
  /// Hands over an attempt that was to connect only, after libcurl has reported success. Of the purpose
  /// connect the transfer is then free for another attempt; of connect_tls it is the connection until
  /// disconnect().
  Connected hand_over();

  /// The bytes of a connection by connect_tls. CURLE_AGAIN: wait for the socket.
  CURLcode send(std::string_view bytes, std::size_t& sent);
  CURLcode receive(std::span<char> bytes, std::size_t& received);
  int socket() const;
  /// The TLS session, after the first of these calls; null if libcurl does not use OpenSSL.
  ssl_st* session() const;
  /// Describes a failure of these.
  std::string explain(CURLcode code) const;
  /// Closes the connection by connect_tls; the transfer is then free.
  void disconnect() { leave(); }

  /// Ends an attempt whose end libcurl reported.
  Report finish(CURLcode code, const Clock& clock);

  /// Ends the attempt because of its timeout.
  Report time_out(const Clock& clock);

  /// Ends an attempt that cannot go on; `why` becomes the outcome's error.
  Report give_up(std::string why, const Clock& clock);

  /// Aborts the attempt in any state. Its outcome is unknown.
  Report cut();

  /// Outgoing::host of the current attempt.
  std::uint32_t host() const { return outgoing_.host; }
  /// The current attempt, or the last one, without its payload.
  const Outgoing& outgoing() const { return outgoing_; }
  /// Of the purpose connect_http2, when libcurl has reported success: whether the server speaks HTTP/2.
  bool has_chosen_http2() const { return chosen_http2_; }

  /// The transfer that `easy` belongs to.
  static Transfer& of(CURL* easy);

  /// Index among the transfers under way, and the deadline; maintained by the transport.
  std::size_t slot = 0;
  SteadyTime deadline{};

 private:
  Transfer(const TransferContext& context, EasyHandle easy);
  void set_up();
  bool renew();
  static std::size_t on_header(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept;
  static std::size_t on_body(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept;
  static int on_request(void* transfer, char* address, char*, int port, int) noexcept;
  static curl_socket_t on_socket(void* transfer, curlsocktype, curl_sockaddr* address) noexcept;
  static CURLcode on_tls(CURL*, void* context, void* transfer) noexcept;
  Result<bool> public_only() const;
  void set_addresses();
  std::string explain_denial() const;
  Outcome answer(const Clock& clock);
  Outcome failure(CURLcode code) const;
  int status() const;
  void set_purpose(Purpose purpose);
  void set_request();
  void leave_ended();
  long number(CURLINFO which) const;
  std::optional<std::chrono::microseconds> retry_after(WallTime now) const;
  void leave();

  const HttpOptions& options_;
  MultiLoop& loop_;
  AddressMemory& addresses_;
  TlsSessions& tls_sessions_;
  Random& random_;
  ShareHandle own_connections_;  // with connect_tls, or libcurl looks for it among all connections each time
  EasyHandle easy_;
  Purpose purpose_ = Purpose::request;
  const bool renews_ = remembers_freed_header(curl_version_info(CURLVERSION_NOW)->version_num);
  bool seen_headers_ = false;  // true: the handle has read an answer
  bool keep_ = true;
  bool chosen_http2_ = false;
  Fd socket_;          // with connect: the connected one, until it is handed over
  Outgoing outgoing_;  // libcurl reads the payload from here
  HeaderLines lines_;
  std::vector<curl_slist> list_;  // points into lines_
  std::array<char, 8> no_expect_{
      "Expect:"};  // the last of the list: do not wait for a 100 before a large payload
  std::array<char, CURL_ERROR_SIZE> detail_{};

  std::chrono::milliseconds timeout_{0};
  std::chrono::milliseconds connect_timeout_{0};
  SteadyTime started_{};

  AddressChoice choice_;
  std::vector<std::string> forget_;  // entries that remove addresses from libcurl's DNS cache
  std::vector<curl_slist> forget_list_;
  bool asked_for_certificate_ = false;  // true: the server asked for a client certificate in this attempt
  int socket_error_ = 0;                // errno of the last socket that could not be created; 0: none

  unsigned requests_ = 0;  // requests made for this attempt
  AnswerReader answer_;
};

}  // namespace dispatch::delivery
