#include "delivery/http/http2/http2_client.hpp"

#include "base/system/fd.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/curl_outcome.hpp"

#include <algorithm>

#include <sys/epoll.h>

namespace dispatch::delivery {
namespace {

/// Servers beyond this number that nothing is known of any more are forgotten.
constexpr std::size_t places_most = 4'096;

/// How often idle connections are looked at.
constexpr std::chrono::milliseconds sweep_interval{250};

}  // namespace

std::string Http2Client::place_name(const Outgoing& outgoing, const RequestTarget& target) const {
  // A connection that was made without looking at its address does not serve those that must look.
  const bool public_only = context_.options.deny_private ||
                           (outgoing.subscription != nullptr && outgoing.subscription->deny_private);
  return public_only ? target.place + " public" : target.place;
}

bool Http2Client::serves(const Outgoing& outgoing) {
  if (context_.options.proxy.starts_with("https:")) return false;
  const RequestTarget* const target = targets_.find(outgoing.url);
  if (target == nullptr || !target->secure) return false;
  const auto place = places_.find(place_name(outgoing, *target));
  return place == places_.end() || std::chrono::steady_clock::now() >= place->second.only_http1_until;
}

Http2Client::Place& Http2Client::place_of(const Outgoing& outgoing) {
  if (places_.size() > places_most) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(places_, [=](const auto& it) {
      const Place& place = it.second;
      return place.connections.empty() && place.waiting.empty() && place.connecting == 0 &&
             now >= place.only_http1_until;
    });
  }
  return places_[place_name(outgoing, *targets_.find(outgoing.url))];
}

/// Returns a connection that may serve another request now. One that was idle is first asked what the server
/// has said meanwhile.
Http2Connection* Http2Client::with_room(const Place& place) {
  const auto now = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < place.connections.size(); ++i) {
    Http2Connection& connection = *place.connections[i];
    if (!connection.has_room(now)) continue;
    if (connection.streams() > 0) return &connection;
    if (now - connection.idle_since > context_.options.connection_idle_most) continue;
    connection.advance(EPOLLIN, buffer_);
    if (connection.has_room(now)) return &connection;
  }
  return nullptr;
}

/// True if a connection that is being made, or that has not heard from the server yet, is expected to serve
/// those that wait and one more.
bool Http2Client::is_room_coming(const Place& place) const {
  const auto now = std::chrono::steady_clock::now();
  std::size_t coming = place.connecting * place.streams_each;
  for (const Http2Connection* const connection : place.connections) {
    if (!connection->takes_more(now)) continue;
    if (connection->streams_most() == 0) return true;  // the server lets it have none for a while
    if (!connection->knows_streams_most()) coming += place.streams_each;
  }
  return coming > place.waiting.size();
}

Http2Client::Request Http2Client::make(Outgoing outgoing, SteadyTime deadline) {
  auto request = std::make_unique<Http2Request>(context_.options);
  request->started = std::chrono::steady_clock::now();
  request->timeout = timeout_of(outgoing, context_.options);
  request->deadline = deadline;
  request->timings.name_resolved = std::chrono::microseconds{1};  // no time of its own to connect
  request->outgoing = std::move(outgoing);
  deadlines_.add(request->of_deadline);
  return request;
}

tl::expected<bool, Outcome> Http2Client::begin(Outgoing& outgoing, SteadyTime deadline) {
  Place& place = place_of(outgoing);
  Http2Connection* const connection = place.waiting.empty() ? with_room(place) : nullptr;
  if (connection != nullptr) {
    if (auto written = write_headers(outgoing, context_.clock.wall(), lines_); !written)
      return tl::unexpected(not_made(OutcomeKind::refused, std::move(written).error().message));
    submit(*connection, make(std::move(outgoing), deadline), lines_);
    return true;
  }
  if (is_room_coming(place)) {
    place.waiting.push_back(make(std::move(outgoing), deadline));
    return true;
  }
  ++place.connecting;
  return false;
}

void Http2Client::begin_on_new(std::unique_ptr<Transfer> transfer) {
  const auto deadline = transfer->deadline;
  const bool speaks_http2 = transfer->has_chosen_http2();
  auto connected = transfer->hand_over();
  Place& place = place_of(connected.outgoing);
  --place.connecting;
  if (!speaks_http2) {
    transfer->disconnect();
    context_.spare.push_back(std::move(transfer));
    return use_http1(place, std::move(connected.outgoing), deadline);
  }
  const auto lifetime =
      std::chrono::duration<double>{context_.options.connection_lifetime} * (1 + context_.random.unit() / 10);
  Http2Connection& connection = connections_.emplace_back(
      static_cast<Http2Events&>(*this),
      Http2Connection::Setup{
          .channel = std::make_unique<TlsChannel>(std::move(transfer), context_.spare),
          .place = place_name(connected.outgoing, *targets_.find(connected.outgoing.url)),
          .address = std::move(connected.address),
          .retire = connected.started + std::chrono::duration_cast<SteadyTime::duration>(lifetime)});
  connection.self = std::prev(connections_.end());
  connection.watched = EPOLLIN | EPOLLRDHUP;  // as own() has it
  place.connections.push_back(&connection);
  auto request = make(std::move(connected.outgoing), deadline);
  request->started = connected.started;
  request->timings = connected.timings;
  if (const auto earlier = refusals_.extract(request->outgoing.ticket)) request->refusals = earlier.mapped();
  const int error = context_.loop.own(connection.channel().socket(), connection);
  if (error != 0 || !connection.open()) {
    end(std::move(request),
        not_made(OutcomeKind::local_failure,
                 "cannot wait for the connection: " + errno_text(error != 0 ? error : ENOMEM)));
    close(connection);
    return serve_waiting(place);
  }
  submit(connection, std::move(request), connected.lines);
}

void Http2Client::not_connected(const Outgoing& outgoing) {
  refusals_.erase(outgoing.ticket);
  Place& place = place_of(outgoing);
  --place.connecting;
  serve_waiting(place);
}

/// The server has chosen HTTP/1.1: what was meant for it begins anew that way.
void Http2Client::use_http1(Place& place, Outgoing outgoing, SteadyTime deadline) {
  place.only_http1_until = std::chrono::steady_clock::now() + context_.options.connection_lifetime;
  refusals_.erase(outgoing.ticket);
  again_.push_back({std::move(outgoing), deadline, false});
  for (Request& request : std::exchange(place.waiting, {}))
    again_.push_back({std::move(request->outgoing), request->deadline, false});
}

void Http2Client::submit(Http2Connection& connection, Request request, const HeaderLines& lines) {
  const RequestTarget& target = *targets_.find(request->outgoing.url);
  connection.submit(std::move(request), target, lines);
  sends(connection);
}

void Http2Client::sends(Http2Connection& connection) {
  if (std::find(unsent_.begin(), unsent_.end(), &connection) == unsent_.end()) unsent_.push_back(&connection);
}

void Http2Client::flush() {
  while (!unsent_.empty()) {
    Http2Connection& connection = *unsent_.back();
    unsent_.pop_back();
    ready(connection, EPOLLOUT);
  }
}

void Http2Client::ready(Http2Connection& connection, std::uint32_t events) {
  connection.advance(events, buffer_);
  settle_closed(connection);
  Place& place = places_.at(connection.place());
  if (connection.knows_streams_most())
    place.streams_each = std::max<std::size_t>(connection.streams_most(), 1);
  if (connection.has_ended()) {
    lose(connection);
  } else {
    if (connection.streams() == 0) connection.idle_since = std::chrono::steady_clock::now();
    const auto awaited = connection.awaited();
    if (awaited != connection.watched) {
      connection.watched = awaited;
      if (context_.loop.want(connection.channel().socket(), awaited) != 0) lose(connection);
    }
  }
  serve_waiting(place);
}

/// Closes a connection that has ended.
void Http2Client::lose(Http2Connection& connection) {
  for (Request& request : connection.take_all()) {
    auto outcome = outcome_of(*request, connection.address(), context_.clock);
    if (outcome.kind != OutcomeKind::answered)
      outcome.error =
          connection.why_lost().empty() ? "cannot wait for the connection" : connection.why_lost();
    end(std::move(request), std::move(outcome));
  }
  close(connection);
}

void Http2Client::settle_closed(Http2Connection& connection) {
  Place& place = places_.at(connection.place());
  for (auto& [request, code] : connection.take_closed()) {
    auto outcome = outcome_of(*request, connection.address(), context_.clock);
    if (outcome.kind != OutcomeKind::answered) {
      if (request->was_refused) {
        connection.drain();
        if (++request->refusals <= refusals_most) {
          place.waiting.push_back(std::move(request));
          continue;
        }
      }
      if (code == NGHTTP2_HTTP_1_1_REQUIRED)
        place.only_http1_until = std::chrono::steady_clock::now() + context_.options.connection_lifetime;
      outcome.error = explain_close(*request, code, context_.options);
    }
    end(std::move(request), std::move(outcome));
  }
}

/// Lets those that wait begin, as far as there is room, and has connections made for the others.
void Http2Client::serve_waiting(Place& place) {
  while (!place.waiting.empty()) {
    Http2Connection* const connection = with_room(place);
    if (connection == nullptr && is_room_coming(place)) return;
    Request request = std::move(place.waiting.front());
    place.waiting.pop_front();
    const Outgoing& outgoing = request->outgoing;
    if (!outgoing.may_begin(context_.clock.steady())) {
      end(std::move(request), too_late());
    } else if (connection == nullptr) {
      ++place.connecting;
      if (request->refusals > 0) refusals_.insert_or_assign(outgoing.ticket, request->refusals);
      again_.push_back({std::move(request->outgoing), request->deadline, true});
    } else if (auto written = write_headers(outgoing, context_.clock.wall(), lines_); !written) {
      end(std::move(request), not_made(OutcomeKind::refused, std::move(written).error().message));
    } else {
      submit(*connection, std::move(request), lines_);
    }
  }
}

void Http2Client::end(Request request, Outcome outcome) {
  ended_.push_back({{request->outgoing.ticket, std::move(outcome)}, request->outgoing.host});
}

Http2Client::Request Http2Client::take(Http2Request& request) {
  if (request.connection != nullptr) return request.connection->take(request);
  auto& waiting = place_of(request.outgoing).waiting;
  const auto found = std::find_if(waiting.begin(), waiting.end(),
                                  [&](const Request& other) { return other.get() == &request; });
  auto taken = std::move(*found);
  waiting.erase(found);
  return taken;
}

void Http2Client::time_out(SteadyTime now) {
  while (Http2Request* const late = deadlines_.earliest()) {
    if (late->deadline > now) return;
    Http2Connection* const connection = late->connection;
    Request request = take(*late);
    auto outcome = outcome_of(*request, connection != nullptr ? connection->address() : "", context_.clock);
    if (outcome.kind != OutcomeKind::answered) {
      outcome.kind = OutcomeKind::timeout;
      outcome.error = explain_timeout(request->timeout, outcome.timings, connection != nullptr);
    }
    if (connection != nullptr) {
      // Nothing has come since the request left: the connection may be dead.
      if (connection->received() < request->submitted) connection->drain();
      sends(*connection);
    }
    end(std::move(request), std::move(outcome));
  }
  flush();
}

void Http2Client::cut() {
  while (Http2Request* const request = deadlines_.earliest()) {
    Http2Connection* const connection = request->connection;
    end(take(*request), cut_off());
    if (connection != nullptr) sends(*connection);
  }
  refusals_.clear();
  for (const Again& again : take_again())
    ended_.push_back({{again.outgoing.ticket, cut_off()}, again.outgoing.host});
  flush();
}

void Http2Client::close_expired() {
  const auto now = std::chrono::steady_clock::now();
  if (connections_.empty() || now < next_sweep_) return;
  next_sweep_ = now + sweep_interval;
  for (auto it = connections_.begin(); it != connections_.end();) {
    Http2Connection& connection = *it++;
    if (connection.streams() > 0) continue;
    if (now < connection.retire() && now - connection.idle_since <= context_.options.connection_idle_most)
      continue;
    connection.say_goodbye();
    close(connection);
  }
}

void Http2Client::close_all() {
  while (!connections_.empty()) {
    connections_.back().say_goodbye();
    close(connections_.back());
  }
}

void Http2Client::close(Http2Connection& connection) {
  std::erase(places_.at(connection.place()).connections, &connection);
  std::erase(unsent_, &connection);
  connections_.erase(connection.self);
}

}  // namespace dispatch::delivery
