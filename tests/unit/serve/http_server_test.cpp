#include "serve/http_server.hpp"

#include "support/network/loopback.hpp"
#include "support/own_resources.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>
#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::serve;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

struct Reply {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string text;  ///< headers and body as they came
};

std::size_t keep(const char* bytes, std::size_t, std::size_t size, void* text) {
  static_cast<std::string*>(text)->append(bytes, size);
  return size;
}

Reply post(const std::string& url, const std::string& body = "{}") {
  Reply reply;
  CURL* const easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10'000L);
  curl_easy_setopt(easy, CURLOPT_HEADER, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keep);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reply.text);
  reply.code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply.status);
  curl_easy_cleanup(easy);
  return reply;
}

std::unique_ptr<HttpServer> serve_with(Handler handler, ServerOptions options = {}) {
  auto server = HttpServer::start(std::move(options), std::move(handler));
  REQUIRE(server);
  return std::move(*server);
}

}  // namespace

TEST_CASE("a handler gets the whole request and its answer goes out whole") {
  Request seen;
  const auto server = serve_with([&](const Request& request) {
    seen = request;
    return Response{.status = 418, .headers = {{"X-Answer", "yes"}}, .body = "short and stout"};
  });
  CHECK(server->port() != 0);
  const auto reply = post(server->url() + "/tea?pot=1%20a", "a body");
  CHECK(reply.status == 418);
  CHECK(reply.text.find("X-Answer: yes\r\n") != std::string::npos);
  CHECK(reply.text.ends_with("\r\n\r\nshort and stout"));
  CHECK(seen.method == "POST");
  CHECK(seen.target == "/tea?pot=1%20a");
  CHECK(seen.body == "a body");
  CHECK(seen.header("content-length") == "6");
  CHECK_FALSE(seen.header("X-None"));
}

TEST_CASE("a body over the limit is answered with 413 and never seen by the handler") {
  std::atomic<int> calls = 0;
  ServerOptions options;
  options.body_most = 1000;
  const auto server = serve_with(
      [&](const Request&) {
        ++calls;
        return Response{};
      },
      options);
  CHECK(post(server->url(), std::string(1001, 'x')).status == 413);
  CHECK(post(server->url(), std::string(100'000, 'x')).status == 413);
  CHECK(calls == 0);
  CHECK(post(server->url(), std::string(1000, 'x')).status == 200);
  CHECK(calls == 1);
}

TEST_CASE("an exception of the handler is answered with 500") {
  const auto server =
      serve_with([](const Request&) -> Response { throw std::runtime_error{"the handler broke"}; });
  CHECK(post(server->url()).status == 500);
}

TEST_CASE("answers with a delay are waited for side by side") {
  const auto server = serve_with([](const Request&) { return Response{.delay = 300ms}; });
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 8; ++i)
    replies.push_back(std::async(std::launch::async, [&] { return post(server->url()); }));
  for (auto& reply : replies) CHECK(reply.get().status == 200);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took >= 300ms);
  CHECK(took < 8 * 300ms);
}

TEST_CASE("draining lets answers that are owed go out and takes no more connections") {
  std::promise<void> arrived;
  const auto server = serve_with([&](const Request&) {
    arrived.set_value();
    return Response{.delay = 100ms};
  });
  auto reply = std::async(std::launch::async, [&] { return post(server->url()); });
  arrived.get_future().wait();
  server->drain(5s);
  CHECK(post(server->url()).code == CURLE_COULDNT_CONNECT);
  CHECK(reply.get().status == 200);
}

TEST_CASE("draining waits no longer than it is told") {
  std::promise<void> arrived;
  auto server = serve_with([&](const Request&) {
    arrived.set_value();
    return Response{.delay = 60s};
  });
  auto reply = std::async(std::launch::async, [&] { return post(server->url()); });
  arrived.get_future().wait();
  server->drain(10ms);
  server.reset();  // ends the connection
  CHECK(reply.get().code != CURLE_OK);
}

TEST_CASE("a server leaves no descriptor and no thread behind") {
  post("http://127.0.0.1:9/");  // what libcurl opens once is not counted
  std::thread{[] {}}.join();    // what a sanitizer starts beside the first thread neither
  const auto descriptors = own_descriptors();
  const auto threads = own_threads();
  for (int i = 0; i < 3; ++i) {
    const auto server = serve_with([](const Request&) { return Response{}; });
    CHECK(post(server->url()).status == 200);
    if (i == 1) server->drain(1s);
  }
  CHECK(own_descriptors() == descriptors);
  CHECK(threads_come_down_to(threads));
}

TEST_CASE("a port that is taken is an error that says so") {
  const auto server = serve_with([](const Request&) { return Response{}; });
  ServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::start(options, [](const Request&) { return Response{}; });
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("Address already in use") != std::string::npos);
}

TEST_CASE("a host that does not exist is a usage error") {
  ServerOptions options;
  options.host = "256.0.0.1";
  const auto server = HttpServer::start(options, [](const Request&) { return Response{}; });
  REQUIRE_FALSE(server);
  CHECK(server.error().failure == Failure::usage);
}

namespace {

/// A connection on which `text` was sent and nothing else.
Fd begun(std::uint16_t port, std::string_view text, const char* from = "127.0.0.1") {
  Fd connection{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  const timeval bound{30, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  ::inet_pton(AF_INET, from, &where.sin_addr);
  checked(::bind(connection.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "bind");
  where.sin_port = htons(port);
  ::inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
  checked(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "connect");
  checked(static_cast<int>(::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL)), "send");
  return connection;
}

/// Waits until the other side has ended the connection; false where it did not within half a minute.
bool was_ended(const Fd& connection) {
  char byte = 0;
  const auto got = ::recv(connection.get(), &byte, 1, 0);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

/// True where the other side has the connection still.
bool is_open(const Fd& connection) {
  char byte = 0;
  return ::recv(connection.get(), &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

constexpr std::string_view whole_request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr std::string_view half_request = "GET / HTTP/1.1\r\nHost: ";

}  // namespace

TEST_CASE("a request whose end is not clear is answered with 400 and never seen by the handler") {
  std::atomic<int> calls = 0;
  const auto server = serve_with([&](const Request&) {
    ++calls;
    return Response{};
  });
  for (const std::string fields :
       {"Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "content-length: 2\r\nTRANSFER-ENCODING: chunked\r\n", "Content-Length: 2, 2\r\n",
        "Content-Length: +2\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Content-Length: 2\r\nHost: y\r\n",
        "Content-Length : 2\r\n"}) {
    CAPTURE(fields);
    const auto answer =
        ask(server->port(),
            "POST / HTTP/1.1\r\nHost: x\r\n" + fields +
                "\r\n2\r\n{}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find("HTTP/1.1 2") == std::string::npos);
  }
  CHECK(ask(server->port(), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(calls == 0);
  CHECK(ask(server->port(),
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
            "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
            .starts_with("HTTP/1.1 200 "));
  CHECK(calls == 1);
}

TEST_CASE("requests that were half sent keep nobody out") {
  const auto server =
      serve_with([](const Request&) { return Response{}; }, {.connections = {.connections_most = 8}});
  std::vector<Fd> half;
  for (int i = 0; i < 40; ++i) half.push_back(begun(server->port(), half_request));
  CHECK(was_ended(half.front()));
  for (int i = 0; i < 20; ++i) CHECK(ask(server->port(), whole_request).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("one address has its share of connections and others have theirs") {
  const auto server = serve_with([](const Request&) { return Response{}; },
                                 {.connections = {.connections_most = 8, .per_address_most = 4}});
  const auto others = begun(server->port(), half_request, "127.0.0.2");
  std::vector<Fd> half;
  for (int i = 0; i < 5; ++i) half.push_back(begun(server->port(), half_request));
  CHECK(was_ended(half[0]));
  for (int i = 5; i < 20; ++i) half.push_back(begun(server->port(), half_request));
  CHECK(was_ended(half[15]));
  CHECK(ask(server->port(), whole_request).starts_with("HTTP/1.1 200 "));
  CHECK(is_open(others));
}

TEST_CASE("connections that are being answered are not ended for new ones") {
  std::promise<void> arrived;
  const auto server = serve_with(
      [&](const Request&) {
        arrived.set_value();
        return Response{.delay = 500ms};
      },
      {.connections = {.connections_most = 1}});
  auto first = std::async(std::launch::async, [&] { return ask(server->port(), whole_request); });
  arrived.get_future().wait();
  const auto second = begun(server->port(), half_request);
  CHECK(was_ended(second));
  CHECK(first.get().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a request that does not come whole in time ends its connection however it drips") {
  const auto server = serve_with([](const Request&) { return Response{.delay = 300ms}; },
                                 {.connections = {.request_most = 200ms, .answer_most = 200ms}});
  const auto silent = begun(server->port(), "");
  const auto dripping = begun(server->port(), half_request);
  const auto begin = std::chrono::steady_clock::now();
  while (::send(dripping.get(), "x", 1, MSG_NOSIGNAL) == 1 && std::chrono::steady_clock::now() - begin < 20s)
    std::this_thread::sleep_for(10ms);
  CHECK(std::chrono::steady_clock::now() - begin < 10s);
  CHECK(was_ended(silent));
  CHECK(ask(server->port(), whole_request).starts_with("HTTP/1.1 200 "));  // its delay does not count
}

TEST_CASE("an answer that nobody reads is given up") {
  const std::string large(std::size_t{16} * 1024 * 1024, 'x');
  std::counting_semaphore<> asked{0};
  const auto server = serve_with(
      [&](const Request&) {
        asked.release();
        return Response{.body = large};
      },
      {.connections = {.connections_most = 1, .answer_most = 500ms}});
  const auto deaf = begun(server->port(), whole_request);
  asked.acquire();  // until then the next connection would end it
  const auto first_bytes = [](const Fd& connection) -> std::string {
    std::string some(15, ' ');
    const auto got = ::recv(connection.get(), some.data(), some.size(), 0);
    return got > 0 ? some : std::string{};
  };
  const auto begin = std::chrono::steady_clock::now();
  std::string answer;
  while (!answer.starts_with("HTTP/1.1 200 ") && std::chrono::steady_clock::now() - begin < 20s)
    answer = first_bytes(begun(server->port(), whole_request));
  CHECK(answer.starts_with("HTTP/1.1 200 "));
}
