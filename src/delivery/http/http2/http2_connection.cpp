#include "delivery/http/http2/http2_connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace dispatch::delivery {
namespace {

/// More streams than that on one connection only wait for each other.
constexpr std::uint32_t most_streams = 1'000;

/// Frames are gathered up to about as many bytes before they are sent.
constexpr std::size_t gathered_most = 16'384;

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 copies both, and does not write to them.
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// The path and the authority in "POST /path HTTP/1.1\r\nHost: host\r\n".
std::pair<std::string_view, std::string_view> path_and_authority(std::string_view start) {
  constexpr std::string_view method = "POST ", between = " HTTP/1.1\r\nHost: ", end = "\r\n";
  const auto middle = start.find(between);
  const auto authority = start.substr(middle + between.size());
  return {start.substr(method.size(), middle - method.size()),
          authority.substr(0, authority.size() - end.size())};
}

/// The lines "Name: value\r\n" as fields. Names are in lower case in HTTP/2 (RFC 9113, 8.2); `text` is
/// changed to that.
void add_fields(std::string& text, std::vector<nghttp2_nv>& fields) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto colon = text.find(':', begin), end = text.find("\r\n", begin);
    for (std::size_t i = begin; i < colon; ++i)
      if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] - 'A' + 'a');
    const auto value = std::min(text.find_first_not_of(' ', colon + 1), end);
    const std::string_view all{text};
    fields.push_back(field(all.substr(begin, colon - begin), all.substr(value, end - value)));
    begin = end + 2;
  }
}

}  // namespace

bool Http2Connection::open() {
  nghttp2_session* session = nullptr;
  if (callbacks() == nullptr || nghttp2_session_client_new(&session, callbacks(), this) != 0) return false;
  session_.reset(session);
  const std::array<nghttp2_settings_entry, 1> settings{{{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}}};
  return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0;
}

nghttp2_session_callbacks* Http2Connection::callbacks() {
  struct End {
    void operator()(nghttp2_session_callbacks* all) const { nghttp2_session_callbacks_del(all); }
  };
  static const std::unique_ptr<nghttp2_session_callbacks, End> all = [] {
    nghttp2_session_callbacks* made = nullptr;
    if (nghttp2_session_callbacks_new(&made) != 0) return std::unique_ptr<nghttp2_session_callbacks, End>{};
    nghttp2_session_callbacks_set_on_header_callback(made, &Http2Connection::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Http2Connection::on_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &Http2Connection::on_not_sent);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &Http2Connection::on_body);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &Http2Connection::on_close);
    return std::unique_ptr<nghttp2_session_callbacks, End>{made};
  }();
  return all.get();
}

void Http2Connection::submit(std::unique_ptr<Http2Request> request, const RequestTarget& target,
                             const HeaderLines& lines) {
  request->connection = this;
  request->submitted = std::chrono::steady_clock::now();
  request->sent = 0;
  request->was_refused = request->reset_by_peer = false;
  request->answer.begin();

  const auto [path, authority] = path_and_authority(target.start);
  std::string text{lines.text()};
  const fmt::format_int length{request->outgoing.payload.size()};
  std::vector<nghttp2_nv> fields{field(":method", "POST"), field(":scheme", "https"),
                                 field(":authority", authority), field(":path", path)};
  if (!lines.has_accept()) fields.push_back(field("accept", "*/*"));
  add_fields(text, fields);
  fields.push_back(field("content-length", {length.data(), length.size()}));
  const nghttp2_data_provider payload{{.ptr = nullptr}, &Http2Connection::on_payload};
  const auto stream =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                             request->outgoing.payload.empty() ? nullptr : &payload, request.get());
  if (stream < 0) {  // no memory, or no stream number left: the server has not seen it
    request->was_refused = true;
    draining_ = true;
    closed_.emplace_back(stream, NGHTTP2_REFUSED_STREAM);
  }
  request->stream = stream;
  streams_.insert_or_assign(stream, std::move(request));
}

std::unique_ptr<Http2Request> Http2Connection::take(const Http2Request& request) {
  const auto found = streams_.find(request.stream);
  auto taken = std::move(found->second);
  streams_.erase(found);
  nghttp2_session_set_stream_user_data(session_.get(), taken->stream, nullptr);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, taken->stream, NGHTTP2_CANCEL);
  taken->connection = nullptr;
  return taken;
}

std::vector<std::unique_ptr<Http2Request>> Http2Connection::take_all() {
  std::vector<std::unique_ptr<Http2Request>> all;
  while (!streams_.empty()) all.push_back(take(*streams_.begin()->second));
  return all;
}

std::vector<Http2Connection::Closed> Http2Connection::take_closed() {
  std::vector<Closed> closed;
  for (const auto& [stream, code] : std::exchange(closed_, {})) {
    const auto found = streams_.find(stream);
    if (found == streams_.end()) continue;
    found->second->connection = nullptr;
    closed.push_back({std::move(found->second), code});
    streams_.erase(found);
  }
  return closed;
}

bool Http2Connection::takes_more(SteadyTime now) const {
  return !lost_ && !draining_ && now < setup_.retire &&
         nghttp2_session_check_request_allowed(session_.get()) != 0;
}

bool Http2Connection::has_room(SteadyTime now) const {
  return takes_more(now) && streams_.size() < streams_most();
}

std::size_t Http2Connection::streams_most() const {
  if (!knows_settings_) return 1;
  return std::min(
      nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS),
      most_streams);
}

void Http2Connection::say_goodbye() {
  if (lost_) return;
  nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
  write({});
}

void Http2Connection::advance(std::uint32_t ready, std::span<char> buffer) {
  if ((ready & (read_awaits_ | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) read(buffer);
  if (!lost_) write(buffer);
  // It has told the server about a fault, and reads nothing more.
  if (!lost_ && !streams_.empty() && nghttp2_session_want_read(session_.get()) == 0 &&
      nghttp2_session_want_write(session_.get()) == 0)
    lose("the server does not keep to HTTP/2");
}

std::uint32_t Http2Connection::awaited() const {
  return read_awaits_ | EPOLLRDHUP | (sent_ < out_.size() ? write_awaits_ : 0U);
}

void Http2Connection::read(std::span<char> buffer) {
  while (!lost_) {
    const auto progress = channel().read(buffer);
    if (progress.state == Channel::State::blocked) {
      read_awaits_ = progress.awaited;
      return;
    }
    if (progress.state == Channel::State::closed)
      return lose("the server closed the connection without an answer");
    if (progress.state == Channel::State::failed) return lose(channel().explain());
    received_ = std::chrono::steady_clock::now();
    const auto taken = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(buffer.data()), progress.bytes);
    if (taken < 0)
      lose(fmt::format("the answer is not valid HTTP/2: {}", nghttp2_strerror(static_cast<int>(taken))));
  }
}

void Http2Connection::write(std::span<char> buffer) {
  while (true) {
    while (out_.size() - sent_ < gathered_most) {
      const std::uint8_t* frame = nullptr;
      const auto bytes = nghttp2_session_mem_send(session_.get(), &frame);
      if (bytes < 0) return lose(nghttp2_strerror(static_cast<int>(bytes)));
      if (bytes == 0) break;
      out_.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(bytes));
    }
    if (sent_ == out_.size()) break;
    const auto progress = channel().write(std::string_view{out_}.substr(sent_), false);
    if (progress.state == Channel::State::blocked) {
      write_awaits_ = progress.awaited;
      return;
    }
    if (progress.state != Channel::State::moved) {
      auto why = channel().explain();
      // What came before the connection broke may say which requests were not processed.
      if (!buffer.empty()) read(buffer);
      return lose(std::move(why));
    }
    sent_ += progress.bytes;
    if (sent_ < out_.size()) continue;
    out_.clear();
    sent_ = 0;
  }
}

void Http2Connection::lose(std::string why) {
  if (lost_) return;
  lost_ = true;
  why_lost_ = std::move(why);
}

Http2Request* Http2Connection::request_of(nghttp2_session* session, std::int32_t stream) {
  return static_cast<Http2Request*>(nghttp2_session_get_stream_user_data(session, stream));
}

int Http2Connection::on_header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                               std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                               std::uint8_t, void*) noexcept {
  Http2Request* const request = request_of(session, frame->hd.stream_id);
  if (request == nullptr) return 0;
  if (!request->timings.first_byte)
    request->timings.first_byte =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - request->started);
  const bool goes_on = request->answer.header({reinterpret_cast<const char*>(name), name_bytes},
                                              {reinterpret_cast<const char*>(value), value_bytes});
  return goes_on ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // resets the stream
}

int Http2Connection::on_frame(nghttp2_session* session, const nghttp2_frame* frame,
                              void* connection) noexcept {
  auto& self = *static_cast<Http2Connection*>(connection);
  if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0)
    self.knows_settings_ = true;
  Http2Request* const request = frame->hd.stream_id == 0 ? nullptr : request_of(session, frame->hd.stream_id);
  if (request == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_RST_STREAM) request->reset_by_peer = true;
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS) request->answer.end_of_headers();
  const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  // A success may be said before the request was read; the rest of it is still wanted. What refuses it is
  // not.
  if (ended && !request->is_sent() && request->answer.status() >= 300)
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

int Http2Connection::on_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int, void*) noexcept {
  if (frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (Http2Request* const request = request_of(session, frame->hd.stream_id); request != nullptr)
    request->was_refused = true;  // a GOAWAY has come in between
  return 0;
}

int Http2Connection::on_body(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                             const std::uint8_t* bytes, std::size_t count, void*) noexcept {
  Http2Request* const request = request_of(session, stream);
  if (request == nullptr) return 0;
  if (!request->answer.body({reinterpret_cast<const char*>(bytes), count}))
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  return 0;
}

int Http2Connection::on_close(nghttp2_session* session, std::int32_t stream, std::uint32_t code,
                              void* connection) noexcept {
  Http2Request* const request = request_of(session, stream);
  if (request == nullptr) return 0;
  // The code of a server that has not processed the request, and nghttp2's for one above the last stream of
  // a GOAWAY (RFC 9113, 8.7).
  if (code == NGHTTP2_REFUSED_STREAM) request->was_refused = true;
  static_cast<Http2Connection*>(connection)->closed_.emplace_back(stream, code);
  return 0;
}

ssize_t Http2Connection::on_payload(nghttp2_session* session, std::int32_t stream, std::uint8_t* into,
                                    std::size_t most, std::uint32_t* flags, nghttp2_data_source*,
                                    void*) noexcept {
  Http2Request* const request = request_of(session, stream);
  if (request == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const auto rest = std::string_view{request->outgoing.payload}.substr(request->sent).substr(0, most);
  std::memcpy(into, rest.data(), rest.size());
  request->sent += rest.size();
  if (request->is_sent()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(rest.size());
}

}  // namespace dispatch::delivery
