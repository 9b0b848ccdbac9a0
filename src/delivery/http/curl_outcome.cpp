#include "delivery/http/curl_outcome.hpp"

#include "base/system/fd.hpp"
#include "base/text/units.hpp"

#include <cerrno>

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

namespace dispatch::delivery {

OutcomeKind kind_of_failure(CURLcode code, bool request_out) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return OutcomeKind::timeout;
    case CURLE_URL_MALFORMAT:
      return OutcomeKind::refused;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return request_out ? OutcomeKind::broken : OutcomeKind::local_failure;
    case CURLE_UNSUPPORTED_PROTOCOL:  // of the URL, or an answer that is not HTTP
      return request_out ? OutcomeKind::broken : OutcomeKind::refused;
    default:
      return request_out ? OutcomeKind::broken : OutcomeKind::connect_error;
  }
}

bool is_local_shortage(int system_error) {
  return system_error == EMFILE || system_error == ENFILE || system_error == ENOBUFS ||
         system_error == ENOMEM;
}

bool is_local_lookup_failure(CURLcode code, std::string_view detail) {
  return code == CURLE_COULDNT_RESOLVE_HOST &&
         detail.find("thread failed to start") != std::string_view::npos;
}

namespace {

/// Of a connection that broke. Where libcurl's poll(2) sees a reset first, it says only that poll failed.
std::string explain_break(CURLcode code, std::string_view detail) {
  const auto says = [&](std::string_view words) { return detail.find(words) != std::string_view::npos; };
  if (says("reset by peer") || says("select/poll returned error")) return "the server reset the connection";
  if (says("Broken pipe")) return "the server closed the connection before the request was sent";
  const std::string_view what = says("CONNECT") ? "the proxy did not connect to the server"
                                : code == CURLE_SEND_ERROR
                                    ? "the connection broke while the request was sent"
                                    : "the connection broke while an answer was awaited";
  return detail.empty() ? std::string{what} : fmt::format("{}: {}", what, detail);
}

}  // namespace

std::string explain_failure(CURLcode code, std::string_view detail, int system_error) {
  const auto with = [&](std::string_view text) {
    return system_error != 0 ? fmt::format("{}: {}", text, errno_text(system_error)) : std::string{text};
  };
  const auto with_detail = [&](std::string_view text) {
    return with(detail.empty() ? std::string{text} : fmt::format("{}: {}", text, detail));
  };
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return with("cannot connect");
    case CURLE_COULDNT_RESOLVE_HOST:
      return with("the host's name cannot be resolved");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return with("the name of the proxy cannot be resolved");
    case CURLE_GOT_NOTHING:
      return with("the server closed the connection without an answer");
    case CURLE_PARTIAL_FILE:
      return with("the server closed the connection in the middle of its answer");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return with(explain_break(code, detail));
    case CURLE_SSL_CONNECT_ERROR:
      return with_detail("TLS could not be set up");
    case CURLE_WEIRD_SERVER_REPLY:
      return with_detail("the answer is not valid HTTP");
    default:
      return with_detail(fmt::format("the request failed (error {} of libcurl)", static_cast<int>(code)));
  }
}

std::string explain_distrust(std::string_view detail, long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("the server's certificate has expired: {}", detail);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("the server's certificate is not valid yet: {}", detail);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fmt::format("the server's certificate is from an authority that is not trusted (--cacert): {}",
                         detail);
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // the name is looked at before the chain
      return fmt::format("the server's certificate is for another host: {}", detail);
    default:
      return fmt::format("the server's certificate is not accepted: {}", detail);
  }
}

std::string explain_timeout(std::chrono::milliseconds timeout, const AttemptTimings& timings,
                            bool request_out) {
  const char* const awaited = request_out             ? "an answer"
                              : timings.connected     ? "TLS to be set up"
                              : timings.name_resolved ? "a connection"
                                                      : "the address of the host's name";
  return fmt::format("timed out after {}, waiting for {}", format_duration(timeout), awaited);
}

}  // namespace dispatch::delivery
