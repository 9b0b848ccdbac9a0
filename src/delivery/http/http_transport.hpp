#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/transport.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// Delivers over HTTP/1.1 with libcurl. One thread makes all requests; connections are kept and used again.
///
/// An attempt is one request: redirects are not followed, and a request whose kept connection ended without
/// an answer is not repeated behind the caller's back. Once an answer's status and headers have come whole
/// the attempt is answered, whatever becomes of the body. It starts at once what it is
/// sent: LimitedTransport stands before it. What may begin no longer is reported as withdrawn. Proxies named
/// by the environment are not used.
///
/// `reports` and `clock` are borrowed. Reports are put from the transport's thread, those of one iteration
/// together.
class HttpTransport final : public Transport {
 public:
  /// Starts the thread. Fails where the system gives no thread or descriptor; options that do not fit
  /// together, and files of certificates that cannot be used, are misuse.
  static Result<std::unique_ptr<HttpTransport>> start(HttpOptions options, Reports& reports,
                                                      const Clock& clock);

  /// Aborts what is under way, reports it, and leaves no thread and no descriptor behind.
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
