#include "cli/options/delivery_options.hpp"

#include "base/text/whole_number.hpp"
#include "cli/options/never_empty.hpp"
#include "cli/options/option_values.hpp"
#include "delivery/http/proxy_url.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "policy/breaker.hpp"
#include "policy/classify.hpp"
#include "policy/rate.hpp"

namespace dispatch::cli {
namespace {

/// Each request at a time is a descriptor.
constexpr WholeNumber request_count{1, 100'000};
constexpr WholeNumber attempt_count{1, 1'000};
constexpr WholeNumber thread_count{1, 64};

Result<journal::Orphans> parse_orphans(std::string_view text) {
  if (text == "retry") return journal::Orphans::retry;
  if (text == "hold") return journal::Orphans::hold;
  return misuse("'{}' is neither retry nor hold", text);
}

Result<delivery::HttpClient> parse_http_client(std::string_view text) {
  if (text == "direct") return delivery::HttpClient::direct;
  if (text == "libcurl") return delivery::HttpClient::libcurl;
  return misuse("'{}' is neither direct nor libcurl", text);
}

void add_limits(Command command, flow::RunOptions& run) {
  const std::string group = "Limits";
  from_environment(
      add_value(command, "--workers", run.requests.in_all, request_count, "Requests at a time, in all"))
      .type_name("N")
      .default_str("1000")
      .group(group);
  from_environment(add_value(command, "--per-host", run.requests.per_host, request_count,
                             "Requests at a time to one host, over all its ports"))
      .type_name("N")
      .default_str("50")
      .group(group);
  from_environment(add_value(command, "--rate", run.rate, policy::parse_rate,
                             "Rate limit of direct deliveries to one URL, as in 100/s, or off"))
      .type_name("N/TIME|off")
      .default_str("off")
      .group(group);
  run.breaker = policy::BreakerPolicy{};
  from_environment(add_value(command, "--breaker", run.breaker, policy::parse_breaker,
                             "Circuit breaker of a URL: failures in a row, open time and probes; or off"))
      .type_name("N/TIME/PROBES|off")
      .default_str("5/30s/3")
      .group(group);
}

void add_failure_policy(Command command, flow::RunOptions& run) {
  const std::string group = "Failures";
  from_environment(add_value(command, "--attempts", run.retry.attempts, attempt_count,
                             "Attempts until a delivery is a dead letter"))
      .type_name("N")
      .default_str("5")
      .group(group);
  from_environment(add_value(command, "--retry-after-most", run.retry.retry_after_most, parse_duration,
                             "The longest wait that an answer's Retry-After can ask for"))
      .type_name("DURATION")
      .default_str("1h")
      .group(group);
  from_environment(
      add_value(command, "--throttled-most", run.retry.throttled_most, parse_duration,
                "How long Retry-After on 429 and 503 may put off a delivery and cost no attempt"))
      .type_name("DURATION")
      .default_str("24h")
      .group(group);
  from_environment(command.add_text_option(
                       "--backoff",
                       [&run](const std::string& text) -> Result<> {
                         DISPATCH_ASSIGN(const auto range, parse_duration_range(text));
                         run.retry.backoff_first = range.first;
                         run.retry.backoff_most = range.most;
                         return {};
                       },
                       "The wait after the first failure, doubled after each one up to the longest"))
      .type_name("FIRST..MOST")
      .default_str("1s..60s")
      .group(group);
  from_environment(add_value(command, "--jitter", run.retry.jitter, parse_share,
                             "Maximum random addition to a wait, as a share of it"))
      .type_name("SHARE")
      .default_str("10%")
      .group(group);
  from_environment(add_value(command, "--on-status", run.statuses, policy::parse_status_table,
                             "What an HTTP status means: ok, retry or dead, as in 410=dead,409=ok"))
      .type_name("STATUS=MEANING,...")
      .group(group);
  from_environment(
      add_value(command, "--orphans", run.orphans, parse_orphans,
                "Deliveries whose outcome a crash left unknown: send again, or hold as dead letters"))
      .type_name("retry|hold")
      .default_str("retry")
      .group(group);
}

void add_requests(Command command, DeliveryOptions& options) {
  const std::string group = "Requests";
  delivery::HttpOptions& http = options.http;
  from_environment(add_value(command, "--timeout", http.timeout, operations::parse_timeout,
                             "Time limit of one whole request"))
      .type_name("DURATION")
      .default_str("5s")
      .group(group);
  from_environment(add_value(command, "--connection-lifetime", http.connection_lifetime,
                             parse_connection_lifetime,
                             "Maximum age of a connection, so that requests follow a host that moves"))
      .type_name("DURATION")
      .default_str("60s")
      .group(group);
  from_environment(
      never_empty(command.add_option("--cacert", http.ca_file,
                                     "Certificate authorities to trust instead of the system's, PEM")))
      .type_name("FILE")
      .group(group);
  from_environment(
      never_empty(command.add_option("--cert", http.client_certificate,
                                     "The client certificate, shown to servers that ask for one, PEM")))
      .type_name("FILE")
      .group(group);
  from_environment(
      never_empty(command.add_option("--key", http.client_key, "Its key, PEM; by default in the same file")))
      .type_name("FILE")
      .group(group);
  from_environment(never_empty(add_value(command, "--proxy", http.proxy, delivery::parse_proxy_url,
                                         "Send all requests through this proxy")))
      .type_name("URL")
      .group(group);
  from_environment(never_empty(command.add_option(
                       "--no-proxy", http.no_proxy,
                       "Hosts that are not reached through the proxy, separated by commas; *: all")))
      .type_name("LIST")
      .group(group);
  from_environment(add_value(command, "--http", http.version, delivery::parse_http_version,
                             "Version of HTTP; with 2, over https and with servers that choose it"))
      .type_name("1.1|2")
      .default_str("1.1")
      .group(group);
  from_environment(add_value(command, "--http-client", http.client, parse_http_client,
                             "What makes the requests: this program on libcurl's connections, or libcurl"))
      .type_name("direct|libcurl")
      .default_str("direct")
      .group(group);
  from_environment(add_value(command, "--threads", options.threads, thread_count,
                             "Threads that make requests; each host belongs to one of them"))
      .type_name("N")
      .default_str("1 on fewer than 8 cores")
      .group(group);
  from_environment(
      never_empty(command.add_option("--unix-socket", http.unix_socket,
                                     "Send all requests to this Unix socket, whatever their URLs say")))
      .type_name("PATH")
      .group(group);
  from_environment(
      never_empty(command.add_flag("--deny-private", http.deny_private,
                                   "Connect to public addresses only, whatever a name resolves to")))
      .group(group);
}

void add_key_log(Command command, std::string& key_log) {
  // Neither a variable nor a file: whoever asks for it must be the one who starts the program.
  never_empty(command.add_option("--tls-key-log", key_log,
                                 "Write the TLS session keys to this file, to analyse traffic"))
      .type_name("FILE")
      .configurable(false)
      .group("Requests");
}

}  // namespace

void add_delivery_options(Command command, DeliveryOptions& options) {
  add_limits(command, options.run);
  add_failure_policy(command, options.run);
  add_requests(command, options);
  add_key_log(command, options.tls_key_log);
}

}  // namespace dispatch::cli
