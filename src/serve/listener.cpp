#include "serve/listener.hpp"

#include "base/system/fd.hpp"
#include "base/text/json.hpp"
#include "base/text/printable.hpp"
#include "base/text/units.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dispatch::serve {
namespace {

std::optional<std::int64_t> number(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::optional<std::string> decoded(std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  return percent_decoded(*value);
}

/// A value of a request as one column: in quotes where it is not plain ASCII without spaces, so that it can
/// neither steer a terminal nor pretend to be another column.
std::string column(std::string_view value) {
  if (value.empty()) return "-";
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (plain && value.front() != '"') return std::string{value};
  std::string quoted;
  append_json_string(quoted, value);
  return quoted;
}

/// A body below its line, indented, so that no part of it can pretend to be a line of ours.
std::string indented(std::string_view body) {
  std::string text;
  while (!body.empty()) {
    const auto end = std::min(body.find('\n'), body.size());
    text.append("    ").append(printable(body.substr(0, end))).append("\n");
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return text;
}

}  // namespace

Listener::Listener(ListenerOptions options, std::FILE* out, const Clock& clock, Random& random,
                   Finished finished)
    : options_(std::move(options)),
      out_(out),
      clock_(clock),
      random_(random),
      finished_(std::move(finished)) {}

Response Listener::answer(const Request& request) {
  if (!finished_) return {.status = 503, .headers = {{"Connection", "close"}}};
  const auto fault = options_.check ? options_.check->fault(request, clock_.wall()) : std::nullopt;
  Response response{.status = 401, .delay = options_.delay};
  if (fault) {
    ++unverified_;
    if (options_.lines) print(request, response.status, "not verified", &*fault);
  } else {
    response = verified(request);
  }
  if (inspector_.counts().requests + unverified_ == options_.count) finish({});
  return response;
}

Response Listener::verified(const Request& request) {
  const auto mark = mark_of(request);
  const bool fail = is_to_fail(mark);
  if (fail) ++failed_;
  const int status = fail ? options_.fail_status : options_.status;
  const auto verdict = inspector_.inspect(mark, status / 100 == 2);
  if (options_.lines) print(request, status, to_string(verdict), nullptr);
  return {.status = status, .delay = options_.delay};
}

bool Listener::is_to_fail(const DeliveryMark& mark) {
  if (inspector_.times_seen(mark.idempotency_key) < options_.fail_first) return true;
  return options_.fail_rate > 0 && random_.unit() < options_.fail_rate;
}

void Listener::print(const Request& request, int status, std::string_view verdict, const std::string* fault) {
  std::string line = options_.json ? json_line(request, clock_.wall(), status, verdict, fault, options_.body)
                                   : text_line(request, clock_.wall(), status, verdict);
  if (fault != nullptr && !options_.json) line += ": " + *fault;
  line += '\n';
  if (options_.body && !options_.json) line += indented(request.body);
  // Flushed, so that who reads the pipe sees what has come and not what fills a buffer.
  if (std::fwrite(line.data(), 1, line.size(), out_) != line.size() || std::fflush(out_) != 0)
    finish(fail("cannot write to standard output: {}", errno_text(errno)));
}

void Listener::finish(Result<> how) {
  if (const auto finished = std::exchange(finished_, nullptr)) finished(std::move(how));
}

DeliveryMark mark_of(const Request& request) {
  // Each path is a receiver of its own, and a replay is asked for.
  const auto there = [&](std::string_view name) {
    const auto value = request.header(name).value_or("");
    if (value.empty()) return std::string{};
    return fmt::format("{}\n{}\n{}", request.target, request.header("X-Dispatch-Generation").value_or(""),
                       value);
  };
  return {.idempotency_key = there("Idempotency-Key"),
          .entity = there("X-Dispatch-Entity-ID"),
          .sequence = number(request.header("X-Dispatch-Sequence"))};
}

std::string text_line(const Request& request, WallTime arrived, int status, std::string_view verdict) {
  const auto shown = [&](std::string_view name) { return column(request.header(name).value_or("")); };
  const auto generation = request.header("X-Dispatch-Generation");
  return fmt::format("{} {} {} {} {} {}{} attempt {} {} {}", format_time(arrived), status,
                     column(request.target), shown("X-Dispatch-Event-ID"), shown("X-Dispatch-Entity-ID"),
                     shown("X-Dispatch-Sequence"),
                     generation ? fmt::format(" replay {}", column(*generation)) : "",
                     shown("X-Dispatch-Attempt"), format_size(request.body.size()), verdict);
}

std::string json_line(const Request& request, WallTime arrived, int status, std::string_view verdict,
                      const std::string* fault, bool body) {
  std::string line;
  {
    JsonObject object{line};
    object.add("time", format_time(arrived))
        .add("event_id", decoded(request.header("X-Dispatch-Event-ID")))
        .add("entity_id", decoded(request.header("X-Dispatch-Entity-ID")))
        .add("sequence_number", number(request.header("X-Dispatch-Sequence")))
        .add("attempt", number(request.header("X-Dispatch-Attempt")))
        .add("bytes", static_cast<std::uint64_t>(request.body.size()))
        .add("status", status)
        .add("verdict", verdict)
        .add("path", request.target)
        .add("generation", number(request.header("X-Dispatch-Generation")));
    if (fault != nullptr) object.add("fault", *fault);
    if (body) object.add("body", request.body);
  }
  return line;
}

}  // namespace dispatch::serve
