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

/// What a listener answers and what it prints.
struct ListenerOptions {
  int status = 200;                       ///< of an answer
  int fail_status = 500;                  ///< of an answer that is to fail
  std::uint64_t fail_first = 0;           ///< so many requests for each event are failed before one is not
  double fail_rate = 0;                   ///< the share of requests that is failed by chance: 0 to 1
  std::chrono::milliseconds delay{0};     ///< before each answer
  std::uint64_t count = 0;                ///< requests after which it has enough; 0: never
  bool lines = true;                      ///< prints a line a request
  bool json = false;                      ///< as JSON
  bool body = false;                      ///< with the request's body
  std::optional<SignatureCheck> check{};  ///< what does not pass is answered with 401
};

/// The receiving end for a person at a terminal: answers as it was told, judges each delivery, and prints
/// what came. Used by one thread.
class Listener {
 public:
  /// Called once: when `count` requests have come, or with the error when a line could not be written.
  using Finished = std::function<void(Result<>)>;

  /// `out`, `clock` and `random` are borrowed.
  Listener(ListenerOptions options, std::FILE* out, const Clock& clock, Random& random, Finished finished);

  Response answer(const Request& request);

  const Inspector& inspector() const { return inspector_; }
  /// Requests that were failed on purpose.
  std::uint64_t failed() const { return failed_; }
  /// Requests whose signatures did not verify. Nothing that they say counts elsewhere.
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
  Finished finished_;  // empty once it was called
  Inspector inspector_;
  std::uint64_t failed_ = 0;
  std::uint64_t unverified_ = 0;
};

/// What the request says of itself in the headers of dispatch(1).
DeliveryMark mark_of(const Request& request);

/// "2026-03-01T12:00:00.250Z 200 evt-1 order-7 3 attempt 1 312 B new": one line without its end. What a
/// request does not say is "-". What is not plain ASCII without spaces is shown as a JSON string.
std::string text_line(const Request& request, WallTime arrived, int status, std::string_view verdict);

/// The same as a JSON object, header values decoded; with what is wrong with its signatures (may be null),
/// and with the body where it is asked for.
std::string json_line(const Request& request, WallTime arrived, int status, std::string_view verdict,
                      const std::string* fault, bool body);

}  // namespace dispatch::serve
