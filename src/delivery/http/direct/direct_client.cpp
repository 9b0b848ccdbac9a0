#include "delivery/http/direct/direct_client.hpp"

#include "base/system/fd.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/address/address_guard.hpp"

#include <algorithm>

#include <sys/epoll.h>

namespace dispatch::delivery {
namespace {

/// What is waited for where nothing is to be sent.
constexpr std::uint32_t quiet = EPOLLIN | EPOLLRDHUP;

/// Why a new connection gets no request.
std::string why_not_asked(Channel::State heard, const Channel& channel) {
  switch (heard) {
    case Channel::State::moved:
      return "the server spoke before it was asked, and got no request";
    case Channel::State::closed:
      return "the server closed the connection before it was asked";
    default:
      return channel.explain();
  }
}

bool is_public_only(const HttpOptions& options, const Outgoing& outgoing) {
  return options.deny_private || (outgoing.subscription != nullptr && outgoing.subscription->deny_private);
}

}  // namespace

const RequestTarget* DirectClient::target(const Outgoing& outgoing) {
  const RequestTarget* const target = targets_.find(outgoing.url);
  if (target != nullptr && !target->secure && !context_.options.proxy.empty()) return nullptr;
  return target;
}

/// Returns an idle connection to the target on which nothing has happened; closes those it finds that are of
/// no more use.
Connection* DirectClient::usable(const RequestTarget& target, bool public_only) {
  const auto now = std::chrono::steady_clock::now();
  while (Connection* const connection = idle_.next(target.place, now)) {
    const bool expired =
        now >= connection->retire() || now - connection->idle_since > context_.options.connection_idle_most;
    if (!expired && public_only && not_public(connection->address())) return nullptr;
    if (!expired && connection->channel().is_at_rest()) return connection;
    if (!expired) idle_.note_lost(*connection, now - connection->idle_since);
    close(*connection);
  }
  return nullptr;
}

tl::expected<bool, Outcome> DirectClient::begin_on_kept(Outgoing& outgoing, const RequestTarget& target,
                                                        const Bounds& bounds) {
  const HttpOptions& options = context_.options;
  const bool public_only = is_public_only(options, outgoing);
  if (public_only && (!options.proxy.empty() || !options.unix_socket.empty())) return false;  // misuse
  Connection* const connection = usable(target, public_only);
  if (connection == nullptr) return false;
  const auto started = std::chrono::steady_clock::now();
  if (auto written = write_headers(outgoing, context_.clock.wall(), lines_); !written)
    return tl::unexpected(not_made(OutcomeKind::refused, std::move(written).error().message));
  const auto timeout =
      outgoing.subscription ? outgoing.subscription->timeout.value_or(options.timeout) : options.timeout;
  AttemptTimings timings;  // no time of its own to connect
  timings.name_resolved = std::chrono::microseconds{1};
  idle_.remove(*connection);
  connection->keep = bounds.keep;
  prepare(*connection,
          {.outgoing = std::move(outgoing),
           .started = started,
           .timeout = timeout,
           .timings = timings,
           .on_kept_connection = true},
          target, lines_, bounds.now + timeout);
  advance(*connection, EPOLLOUT);
  return true;
}

void DirectClient::begin_on_new(std::unique_ptr<Transfer> transfer, SteadyTime now) {
  const bool keep = transfer->keeps_connection();
  const auto deadline = transfer->deadline;
  auto connected = transfer->hand_over();
  std::unique_ptr<Channel> channel;
  if (transfer->purpose() == Transfer::Purpose::connect_tls) {
    channel = std::make_unique<TlsChannel>(std::move(transfer), context_.spare);
  } else {
    channel = std::make_unique<PlainChannel>(std::move(connected.socket), context_.loop);
    context_.spare.push_back(std::move(transfer));
  }
  const RequestTarget& target = *targets_.find(connected.outgoing.url);
  Connection& connection = connections_.emplace_back(
      static_cast<ConnectionEvents&>(*this), Connection::Setup{.channel = std::move(channel),
                                                               .place = target.place,
                                                               .address = std::move(connected.address),
                                                               .retire = retirement(connected.started)});
  connection.self = std::prev(connections_.end());
  connection.keep = keep;
  connection.awaited = quiet;
  prepare(connection,
          {.outgoing = std::move(connected.outgoing),
           .started = connected.started,
           .timeout = connected.timeout,
           .timings = connected.timings,
           .on_kept_connection = false},
          target, connected.lines, deadline);
  const int error = context_.loop.own(connection.channel().socket(), connection);
  if (error != 0) return give_up(connection, error);
  if (deadline <= now)
    return end(connection, connection.exchange->time_out(connection.address(), context_.clock), false);
  // What comes before the request is no answer to it.
  if (const auto heard = connection.channel().listen(); heard != Channel::State::blocked)
    return end(connection,
               connection.exchange->not_sent(why_not_asked(heard, connection.channel()), connection.address(),
                                             context_.clock),
               false);
  advance(connection, EPOLLOUT);
}

void DirectClient::prepare(Connection& connection, Exchange::Start start, const RequestTarget& target,
                           const HeaderLines& lines, SteadyTime deadline) {
  connection.exchange = spare_exchange();
  connection.deadline = deadline;
  deadlines_.add(connection.of_deadline);
  connection.exchange->begin(std::move(start), target, lines);
}

void DirectClient::give_up(Connection& connection, int error) {
  end(connection,
      connection.exchange->give_up("cannot wait for the connection: " + errno_text(error),
                                   connection.address(), context_.clock),
      false);
}

void DirectClient::ready(Connection& connection, std::uint32_t events) {
  if (connection.exchange) return advance(connection, events);
  // What an idle connection says is no answer to the next request.
  if (connection.channel().is_at_rest()) return;
  idle_.note_lost(connection, std::chrono::steady_clock::now() - connection.idle_since);
  close(connection);
}

void DirectClient::advance(Connection& connection, std::uint32_t events) {
  Exchange& exchange = *connection.exchange;
  if (exchange.advance(connection.channel(), events, buffer_)) {
    const bool closed = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (exchange.lost_connection())
      idle_.note_lost(connection, std::chrono::steady_clock::now() - connection.idle_since);
    else if (closed && exchange.allows_reuse())
      idle_.note_lost(connection, {});
    return end(connection, exchange.finish(connection.address(), context_.clock),
               connection.keep && !closed && exchange.allows_reuse());
  }
  auto awaited = exchange.awaited();
  if ((awaited & EPOLLIN) != 0) awaited |= EPOLLRDHUP;
  if (awaited == connection.awaited) return;
  connection.awaited = awaited;
  if (const int error = context_.loop.want(connection.channel().socket(), awaited); error != 0)
    give_up(connection, error);
}

void DirectClient::end(Connection& connection, Report report, bool reuse) {
  ended_.push_back({std::move(report), connection.exchange->host()});
  connection.of_deadline.unlink();
  spare_exchanges_.push_back(std::move(connection.exchange));
  if (!reuse) return close(connection);
  if (connection.awaited != quiet) {
    connection.awaited = quiet;
    if (context_.loop.want(connection.channel().socket(), quiet) != 0) return close(connection);
  }
  idle_.note_kept(connection);
  idle_.add(connection, std::chrono::steady_clock::now());
  if (idle_.size() > context_.options.connections_kept) close(*idle_.oldest());
}

void DirectClient::close(Connection& connection) {
  idle_.remove(connection);
  connections_.erase(connection.self);
}

void DirectClient::time_out(SteadyTime now) {
  while (Connection* const connection = deadlines_.earliest()) {
    if (connection->deadline > now) return;
    end(*connection, connection->exchange->time_out(connection->address(), context_.clock), false);
  }
}

void DirectClient::cut() {
  while (Connection* const connection = deadlines_.earliest())
    end(*connection, connection->exchange->cut(), false);
}

void DirectClient::close_expired() {
  if (idle_.size() == 0) return;
  const auto now = std::chrono::steady_clock::now();
  while (Connection* const oldest = idle_.oldest()) {
    if (now - oldest->idle_since <= context_.options.connection_idle_most && now < oldest->retire()) return;
    close(*oldest);
  }
}

bool DirectClient::close_idle_above(std::size_t most) {
  const bool any = idle_.size() > most;
  while (idle_.size() > most) close(*idle_.oldest());
  return any;
}

/// When a connection is too old for another request: a lifetime, and up to a tenth of one at random.
SteadyTime DirectClient::retirement(SteadyTime born) {
  const auto lifetime =
      std::chrono::duration<double>{context_.options.connection_lifetime} * (1 + context_.random.unit() / 10);
  return born + std::chrono::duration_cast<SteadyTime::duration>(lifetime);
}

std::unique_ptr<Exchange> DirectClient::spare_exchange() {
  if (spare_exchanges_.empty()) return std::make_unique<Exchange>(context_.options);
  auto exchange = std::move(spare_exchanges_.back());
  spare_exchanges_.pop_back();
  return exchange;
}

}  // namespace dispatch::delivery
