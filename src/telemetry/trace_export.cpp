#include "telemetry/trace_export.hpp"

#include "base/version.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace dispatch::telemetry {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::uint64_t number_most = 1'000'000'000;

/// Variables by name.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  std::string text(const std::string& name) const {
    const char* value = environment_(name.c_str());
    return value == nullptr ? std::string{} : std::string{value};
  }
  /// The one of traces alone goes before the one of all signals. Returns the name that counts.
  std::string otlp(const std::string& what) const {
    auto own = "OTEL_EXPORTER_OTLP_TRACES_" + what;
    return text(own).empty() ? "OTEL_EXPORTER_OTLP_" + what : own;
  }
  /// A whole number of at least `least`; `standard` where it is not set.
  Result<std::uint64_t> number(const std::string& name, std::uint64_t least, std::uint64_t standard) const {
    const auto value = text(name);
    if (value.empty()) return standard;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < least || number > number_most)
      return misuse("{}: '{}' is not a whole number from {} to {}", name, value, least, number_most);
    return number;
  }
  Result<std::chrono::milliseconds> milliseconds(const std::string& name, std::uint64_t least,
                                                 std::chrono::milliseconds standard) const {
    DISPATCH_ASSIGN(const auto read, number(name, least, static_cast<std::uint64_t>(standard.count())));
    return std::chrono::milliseconds{read};
  }

 private:
  const Environment& environment_;
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    unsigned byte = 0;
    const auto digits = text.substr(at + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    at += 2;
  }
  return decoded;
}

/// "key1=value1,key2=value2", values percent-encoded (W3C Baggage). Nothing of the text goes into the
/// message: it may be a secret.
Result<Pairs> pairs_in(const std::string& name, std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto one = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (one.empty()) continue;
    const auto sign = one.find('=');
    const auto key = trimmed(one.substr(0, sign));
    const auto value =
        sign == std::string_view::npos ? std::nullopt : percent_decoded(trimmed(one.substr(sign + 1)));
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
    if (key.empty() || !value || std::any_of(value->begin(), value->end(), control))
      return misuse("{}: is not a list of key=value, separated by commas, with values percent-encoded", name);
    pairs.emplace_back(key, *value);
  }
  return pairs;
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c; });
  return text == "true";
}

/// Where traces go; empty: nowhere.
Result<std::string> endpoint(const Variables& variables) {
  const auto exporter = variables.text("OTEL_TRACES_EXPORTER");
  if (exporter == "none") return std::string{};
  if (!exporter.empty() && exporter != "otlp")
    return misuse("OTEL_TRACES_EXPORTER: '{}' is not supported; use otlp or none", exporter);
  const auto name = variables.otlp("ENDPOINT");
  auto url = variables.text(name);
  if (url.empty() && exporter.empty()) return url;
  if (url.empty()) url = "http://localhost:4318";
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return misuse("{} is not an http or https URL, as in http://localhost:4318",
                  name);  // the value may hold a password
  if (name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") return url;
  while (url.ends_with('/')) url.pop_back();
  return url + "/v1/traces";
}

Result<> read_batches(const Variables& variables, TraceExport& wanted) {
  DISPATCH_ASSIGN(const auto queue, variables.number("OTEL_BSP_MAX_QUEUE_SIZE", 1, wanted.batches.queue));
  DISPATCH_ASSIGN(const auto batch,
                  variables.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1, wanted.batches.batch));
  DISPATCH_ASSIGN(const auto delay,
                  variables.milliseconds("OTEL_BSP_SCHEDULE_DELAY", 0, wanted.batches.delay));
  DISPATCH_ASSIGN(const auto patience,
                  variables.milliseconds("OTEL_BSP_EXPORT_TIMEOUT", 1, wanted.to.patience));
  DISPATCH_ASSIGN(const auto timeout,
                  variables.milliseconds(variables.otlp("TIMEOUT"), 1, wanted.to.timeout));
  wanted.batches = {queue, std::min(batch, queue), delay};
  wanted.to.patience = patience;
  wanted.to.timeout = timeout;
  return {};
}

Result<> read_resource(const Variables& variables, TraceExport& wanted) {
  DISPATCH_ASSIGN(auto said,
                  pairs_in("OTEL_RESOURCE_ATTRIBUTES", variables.text("OTEL_RESOURCE_ATTRIBUTES")));
  const auto put = [&wanted](const std::string& key, const std::string& value) {
    for (auto& [known, now] : wanted.resource)
      if (known == key) {
        now = value;
        return;
      }
    wanted.resource.emplace_back(key, value);
  };
  put("service.name", "dispatch");
  put("service.version", std::string{version()});
  for (const auto& [key, value] : said) put(key, value);
  if (const auto name = variables.text("OTEL_SERVICE_NAME"); !name.empty()) put("service.name", name);
  return {};
}

}  // namespace

Result<std::optional<TraceExport>> trace_export(const Environment& environment) {
  const Variables variables{environment};
  if (is_true(variables.text("OTEL_SDK_DISABLED"))) return std::nullopt;
  DISPATCH_ASSIGN(auto url, endpoint(variables));
  if (url.empty()) return std::nullopt;
  TraceExport wanted;
  wanted.to.url = std::move(url);
  const auto headers_name = variables.otlp("HEADERS");
  DISPATCH_ASSIGN(auto headers, pairs_in(headers_name, variables.text(headers_name)));
  for (auto& [name, value] : headers)
    wanted.to.headers.emplace_back(std::move(name), Secret{std::move(value)});
  wanted.to.certificates = variables.text(variables.otlp("CERTIFICATE"));
  DISPATCH_TRY(read_batches(variables, wanted));
  DISPATCH_TRY(read_resource(variables, wanted));
  const auto protocol_name = variables.otlp("PROTOCOL");
  const auto protocol = variables.text(protocol_name);
  if (!protocol.empty() && protocol != "http/json")
    wanted.remarks.push_back(
        fmt::format("{}: '{}' is not supported; traces are sent as http/json", protocol_name, protocol));
  return wanted;
}

}  // namespace dispatch::telemetry
