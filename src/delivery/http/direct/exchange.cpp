#include "delivery/http/direct/exchange.hpp"

#include "base/text/units.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/curl_outcome.hpp"
#include "delivery/http/retry_after.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/epoll.h>

namespace dispatch::delivery {
namespace {

/// A payload of at most this many bytes is copied behind the head, and both are sent in one call.
constexpr std::size_t copied_payload_most = 4'096;

std::chrono::microseconds since(SteadyTime started) {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
}

}  // namespace

void write_request_head(const RequestTarget& target, const HeaderLines& lines, std::size_t body_bytes,
                        std::string& head) {
  head = target.start;
  if (!lines.has_accept()) head += "Accept: */*\r\n";
  head += lines.text();
  head += "Content-Length: ";
  const fmt::format_int length{body_bytes};
  head.append(length.data(), length.size());
  head += "\r\n\r\n";
}

void Exchange::begin(Start start, const RequestTarget& target, const HeaderLines& lines) {
  start_ = std::move(start);
  const std::string& payload = start_.outgoing.payload;
  write_request_head(target, lines, payload.size(), head_);
  body_ = {};
  if (payload.size() <= copied_payload_most)
    head_ += payload;
  else
    body_ = payload;
  sent_ = 0;
  tried_ = false;
  read_awaits_ = EPOLLIN;
  write_awaits_ = EPOLLOUT;
  write_blocked_ = false;
  reading_ = true;
  spoke_on_ = ended_ = false;
  error_.clear();
  answer_.begin();
}

std::uint32_t Exchange::awaited() const {
  return (reading_ ? read_awaits_ : 0U) | (is_sent() ? 0U : write_awaits_);
}

bool Exchange::advance(Channel& channel, std::uint32_t ready, std::span<char> buffer) {
  constexpr std::uint32_t broken = EPOLLHUP | EPOLLERR;
  // What has come is read first: a server that refuses a request may close before it has read it all.
  if (reading_ && (ready & (read_awaits_ | broken)) != 0) read(channel, buffer);
  if (!ended_ && !is_sent() && (ready & (write_awaits_ | broken)) != 0) write(channel, buffer);
  return ended_;
}

void Exchange::write(Channel& channel, std::span<char> buffer) {
  tried_ = true;
  while (!is_sent()) {
    const bool in_head = sent_ < head_.size();
    const auto rest = in_head ? std::string_view{head_}.substr(sent_) : body_.substr(sent_ - head_.size());
    const auto progress = channel.write(rest, in_head && !body_.empty());
    if (progress.state == Channel::State::blocked) {
      write_awaits_ = progress.awaited;
      write_blocked_ = true;
      return;
    }
    if (progress.state == Channel::State::failed) {
      error_ = channel.explain();
      if (reading_) read(channel, buffer);  // an answer may have come before the connection broke
      ended_ = true;
      return;
    }
    sent_ += progress.bytes;
  }
  if (!reading_) {
    spoke_on_ = !channel.is_at_rest();
    ended_ = true;
  } else if (write_blocked_) {
    read(channel, buffer);  // TLS may have put off a handshake until its record was written
  }
}

void Exchange::read(Channel& channel, std::span<char> buffer) {
  while (!answer_.has_ended()) {
    const auto progress = channel.read(buffer);
    switch (progress.state) {
      case Channel::State::blocked:
        read_awaits_ = progress.awaited;
        return;
      case Channel::State::closed:
        answer_.end_of_input();
        break;
      case Channel::State::failed:
        if (error_.empty()) error_ = channel.explain();
        ended_ = true;
        return;
      case Channel::State::moved:
        if (!start_.timings.first_byte) start_.timings.first_byte = since(start_.started);
        answer_.take({buffer.data(), progress.bytes});
        if (progress.drained && !answer_.has_ended()) return;
    }
  }
  answer_ended();
}

void Exchange::answer_ended() {
  reading_ = false;
  // A success may be said before the request was read; the rest of it is still wanted. What refuses it is
  // not.
  const bool wants_rest = answer_.is_complete() && !answer_.closes() && answer_.status() < 300;
  if (is_sent() || !wants_rest) ended_ = true;
}

Outcome Exchange::outcome(const std::string& address, const Clock& clock) {
  Outcome outcome;
  outcome.address = address;
  outcome.timings = start_.timings;
  outcome.took = since(start_.started);
  if (answer_.is_answered()) {
    outcome.kind = OutcomeKind::answered;
    outcome.status = answer_.status();
    outcome.excerpt = answer_.take_excerpt();
    const bool success = outcome.status >= 200 && outcome.status <= 299;
    if (!success && !answer_.retry_after().empty())
      outcome.retry_after = parse_retry_after(answer_.retry_after(), clock.wall());
    return outcome;
  }
  outcome.kind = OutcomeKind::broken;
  return outcome;
}

Report Exchange::report(Outcome outcome) {
  std::string{}.swap(start_.outgoing.payload);  // the pool must not hold what it sent
  return {start_.outgoing.ticket, std::move(outcome)};
}

/// True if the connection ended before the answer did.
bool Exchange::broke() const {
  return answer_.is_cut_off() || (!error_.empty() && !answer_.has_ended());
}

bool Exchange::lost_connection() const {
  return start_.on_kept_connection && broke() && answer_.is_silent();
}

Report Exchange::finish(const std::string& address, const Clock& clock) {
  auto ended = outcome(address, clock);
  if (ended.kind == OutcomeKind::answered) return report(std::move(ended));
  if (!broke())
    ended.error = answer_.explain();
  else if (lost_connection())
    ended.error = "the connection, kept from an earlier request, ended before an answer came";
  else
    ended.error = error_.empty() ? answer_.explain() : error_;
  return report(std::move(ended));
}

Report Exchange::time_out(const std::string& address, const Clock& clock) {
  auto ended = outcome(address, clock);
  if (ended.kind != OutcomeKind::answered) {
    ended.kind = OutcomeKind::timeout;
    ended.error = tried_ ? explain_timeout(start_.timeout, ended.timings, true)
                         : fmt::format("timed out after {}: the connection was made too late for the request",
                                       format_duration(start_.timeout));
  }
  return report(std::move(ended));
}

Report Exchange::not_sent(std::string why, const std::string& address, const Clock& clock) {
  auto ended = outcome(address, clock);
  ended.kind = OutcomeKind::connect_error;
  ended.error = std::move(why);
  return report(std::move(ended));
}

Report Exchange::give_up(std::string why, const std::string& address, const Clock& clock) {
  auto ended = outcome(address, clock);
  if (ended.kind != OutcomeKind::answered) {
    if (!tried_) ended.kind = OutcomeKind::local_failure;
    ended.error = std::move(why);
  }
  return report(std::move(ended));
}

Report Exchange::cut() {
  return report(tried_ ? cut_off() : never_begun());
}

}  // namespace dispatch::delivery
