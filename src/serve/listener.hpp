#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "serve/http_server.hpp"
#include "serve/inspector.hpp"
#include "serve/signature_check.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::serve {

/// What a listener answers and prints.
struct ListenerOptions {
  int status = 200;                       ///< status of a success
  int fail_status = 500;                  ///< status of a failure
  std::uint64_t fail_first = 0;           ///< number of requests for each event to fail at first
  double fail_rate = 0;                   ///< share of requests that fail at random: 0 to 1
  std::chrono::milliseconds delay{0};     ///< before each answer
  std::uint64_t count = 0;                ///< number of requests after which the listener ends; 0: never
  bool lines = true;                      ///< print one line for each request
  bool json = false;                      ///< print JSON
  bool body = false;                      ///< include the request's body
  std::optional<SignatureCheck> check{};  ///< requests that fail the check are answered with 401
};

/// A receiver for testing at a terminal: answers as configured, classifies each delivery, and prints the
/// requests. Used by one thread.
class Listener {
 public:
  /// Called once: after `count` requests, or with the error when a line could not be written.
  using Finished = std::function<void(Result<>)>;

  /// `out`, `clock` and `random` are borrowed.
  Listener(ListenerOptions options, std::FILE* out, const Clock& clock, Random& random, Finished finished);

  Response answer(const Request& request);

  const Inspector& inspector() const { return inspector_; }
  /// Number of requests that were failed on purpose.
  std::uint64_t failed() const { return failed_; }
  /// Number of requests with invalid signatures. Their content counts nowhere else.
  std::uint64_t unverified() const { return unverified_; }

 private:
  Response verified(const Request& request);
  bool is_to_fail(const DeliveryMark& mark);
  void print(const Request& request, int status, std::string_view verdict, const std::string* fault);
  void finish(Result<> how);

  const ListenerOptions options_;
  std::FILE* const out_;
  const Clock& clock_;
  Random& random_;
  Finished finished_;  // empty after the call
  Inspector inspector_;
  std::uint64_t failed_ = 0;
  std::uint64_t unverified_ = 0;
};

/// The identity of the delivery, from the headers that dispatch(1) describes.
DeliveryMark mark_of(const Request& request);

/// "2026-03-01T12:00:00.250Z 200 evt-1 order-7 3 attempt 1 312 B new": one line without its line end. A
/// missing field is "-". Text other than plain ASCII without spaces is shown as a JSON string.
std::string text_line(const Request& request, WallTime arrived, int status, std::string_view verdict);

/// The same as a JSON object with decoded header values; with the fault of its signatures (null: none), and
/// with the body if `body`.
std::string json_line(const Request& request, WallTime arrived, int status, std::string_view verdict,
                      const std::string* fault, bool body);

}  // namespace dispatch::serve
