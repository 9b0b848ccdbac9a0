#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "delivery/http/address/address_choice.hpp"
#include "delivery/http/address/address_memory.hpp"
#include "delivery/http/answer_reader.hpp"
#include "delivery/http/curl.hpp"
#include "delivery/http/headers.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/transport.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// What all transfers of a transport share. Borrowed.
struct TransferContext {
  const HttpOptions& options;
  MultiLoop& loop;
  AddressMemory& addresses;
  Random& random;
};

/// One attempt at a time on one easy handle, which is used again and again. Belongs to the loop's thread and
/// stays where it is, because libcurl points into it.
class Transfer {
 public:
  static Result<std::unique_ptr<Transfer>> make(const TransferContext& context);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  /// `keep`: the connection of the next attempt is kept for others after it. By default it is.
  void keep_connection(bool keep);

  /// Starts the attempt at `now`. Where it cannot be sent, gives its outcome, and is then ready for another.
  tl::expected<void, Outcome> start(Outgoing outgoing, WallTime now);

  /// What the attempt that was started last may take, everything included.
  std::chrono::milliseconds timeout() const { return timeout_; }

  /// Time passed that does not count against the attempt.
  void allow(std::chrono::milliseconds more);

  /// True where the attempt that libcurl says is done has begun again: no connection came about, and
  /// addresses had been passed over. Nothing was sent.
  bool start_over(CURLcode code);

  /// Ends the attempt that libcurl says is done.
  Report finish(CURLcode code, const Clock& clock);

  /// Ends the attempt, its time being up.
  Report time_out(const Clock& clock);

  /// Ends the attempt, which cannot go on here; `why` is the outcome's error.
  Report give_up(std::string why, const Clock& clock);

  /// Ends the attempt wherever it stands. Its outcome is unknown.
  Report cut();

  /// Of the attempt that was started last.
  std::uint32_t host() const { return outgoing_.host; }

  /// The transfer that `easy` belongs to.
  static Transfer& of(CURL* easy);

  /// Where the transfer stands among those under way, and when its time is up; kept by whoever runs them.
  std::size_t slot = 0;
  SteadyTime deadline{};

 private:
  Transfer(const TransferContext& context, EasyHandle easy);
  static std::size_t on_header(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept;
  static std::size_t on_body(const char* text, std::size_t, std::size_t bytes, void* transfer) noexcept;
  static int on_request(void* transfer, char* address, char*, int port, int) noexcept;
  static curl_socket_t on_socket(void* transfer, curlsocktype, curl_sockaddr* address) noexcept;
  static CURLcode on_tls(CURL*, void* context, void* transfer) noexcept;
  Result<bool> public_only() const;
  void set_addresses();
  std::string host_name() const;
  std::string explain_denial() const;
  Outcome answer(const Clock& clock);
  Outcome failure(CURLcode code) const;
  int status() const;
  std::string explain(CURLcode code) const;
  long number(CURLINFO which) const;
  std::optional<std::chrono::microseconds> retry_after(WallTime now) const;
  void note_way(Outcome& outcome) const;
  void leave();

  const HttpOptions& options_;
  MultiLoop& loop_;
  AddressMemory& addresses_;
  Random& random_;
  EasyHandle easy_;
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
  std::vector<std::string> forget_;  // lines that addresses are to be forgotten by
  std::vector<curl_slist> forget_list_;
  bool asked_for_certificate_ = false;  // by the server, in this attempt
  int socket_error_ = 0;                // errno of the last socket that could not be made; 0: none

  unsigned requests_ = 0;  // made for this attempt
  AnswerReader answer_;
};

}  // namespace dispatch::delivery
