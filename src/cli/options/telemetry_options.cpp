#include "cli/options/telemetry_options.hpp"

#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "cli/options/option_values.hpp"

#include <algorithm>

namespace dispatch::cli {
namespace {

using namespace std::chrono_literals;

Result<std::chrono::microseconds> parse_every(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  if (duration < 100ms || duration > 24h) return misuse("'{}' is not between 100ms and 24h", text);
  return std::chrono::duration_cast<std::chrono::microseconds>(duration);
}

Result<telemetry::SpanUrl> parse_span_url(std::string_view text) {
  if (text == "origin") return telemetry::SpanUrl::origin;
  if (text == "whole") return telemetry::SpanUrl::whole;
  return misuse("'{}' is neither origin nor whole", text);
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, std::min(colon, text.size()));
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  if (colon == std::string_view::npos || host.empty() || (!in_brackets && host.find(':') != host.npos))
    return misuse("'{}' is not an address and a port, as in 127.0.0.1:9464 or [::1]:9464", text);
  const auto port = WholeNumber{0, 65'535}(text.substr(colon + 1));
  if (!port) return tl::unexpected(port.error());
  return ListenAddress{std::string{host}, static_cast<std::uint16_t>(*port)};
}

void add_telemetry_options(Command command, WatchOptions& options) {
  const std::string group = "Metrics";
  from_environment(
      add_value(
          command, "--metrics-listen", options.listen, parse_listen_address,
          "Serve /metrics and /healthz at this address during the run; port 0 picks a free one and logs it"))
      .type_name("HOST:PORT")
      .group(group);
  command
      .add_option("--metrics-host", options.hosts,
                  "A host name that requests to --metrics-listen may use; may be repeated")
      .type_name("NAME")
      .allow_extra_args(false)
      .group(group);
  from_environment(command.add_option("--metrics-file", options.file,
                                      "Write metrics to this file while it runs and at the end"))
      .type_name("FILE")
      .group(group);
  from_environment(
      add_value(command, "--metrics-every", options.every, parse_every, "How often the file is written"))
      .type_name("DURATION")
      .default_str("15s")
      .group(group);
  from_environment(add_value(command, "--trace-url", options.span_url, parse_span_url,
                             "How much of a URL traces show: scheme, host and port, or all of it"))
      .type_name("origin|whole")
      .default_str("origin")
      .group("Traces");
}

}  // namespace dispatch::cli
