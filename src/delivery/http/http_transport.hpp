#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/shared_idle_limit.hpp"
#include "delivery/transport.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// Delivers over HTTP/1.1 with libcurl, or with a DirectClient on its connections; over HTTP/2, if asked for,
/// with an Http2Client on its connections. One thread makes all requests; connections are kept and used
/// again.
///
/// An attempt is one request: redirects are not followed, and a request is not repeated if its kept
/// connection ended without an answer. Over HTTP/2 one that the server says it has not processed is. Once an
/// answer's status and headers are complete the attempt is answered, even if the body fails. Requests start
/// at once; LimitedTransport in front of it enforces the limits. A request whose deadline for starting has
/// passed is reported as withdrawn. Proxies named by the environment are not used.
///
/// `reports` and `clock` are borrowed. Reports come from the transport's thread, those of one iteration
/// together.
class HttpTransport final : public Transport {
 public:
  /// Starts the thread. Fails if the system has no thread or descriptor left. Options that contradict each
  /// other, and unusable certificate files, are misuse. With `idle_limit` the transport joins those that
  /// share it; HttpOptions::connections_kept is then the limit of all.
  static Result<std::unique_ptr<HttpTransport>> start(HttpOptions options, Reports& reports,
                                                      const Clock& clock,
                                                      std::shared_ptr<SharedIdleLimit> idle_limit = nullptr);

  /// Aborts and reports what is under way, and ends the thread.
  ~HttpTransport() override;
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  const SpanProtocol& protocol(std::string_view url) const override;

 private:
  class Engine;
  explicit HttpTransport(std::unique_ptr<Engine> engine);

  std::unique_ptr<Engine> engine_;
};

}  // namespace dispatch::delivery
