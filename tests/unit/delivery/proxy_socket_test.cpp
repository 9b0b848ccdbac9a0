// The way to a server: which addresses may be connected to, proxies, Unix sockets.

#include "delivery/http/proxy_url.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/network/http2_receiver.hpp"
#include "support/network/loopback.hpp"
#include "support/network/names.hpp"
#include "support/network/raw_receiver.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// For a subscription that allows public addresses only.
Outgoing careful(const std::string& url) {
  auto subscription = std::make_shared<Subscription>();
  subscription->id = "careful";
  subscription->deny_private = true;
  auto outgoing = event(url);
  outgoing.subscription = std::move(subscription);
  return outgoing;
}

HttpOptions by_way_of(const std::string& proxy) {
  HttpOptions options;
  options.proxy = proxy;
  return options;
}

/// The message of the misuse that these options are; empty where they are none.
std::string misuse_of(const HttpOptions& options) {
  ManualClock clock;
  CollectedReports reports;
  const auto started = HttpTransport::start(for_client(options), reports, clock);
  if (started) return {};
  CHECK(started.error().failure == Failure::usage);
  return started.error().message;
}

/// A proxy that connects each client to one port of this machine, whatever it asks for.
class TunnellingProxy {
 public:
  explicit TunnellingProxy(std::uint16_t to) : to_(to), thread_([this] { run(); }) {}
  ~TunnellingProxy() {
    stop_ = true;
    thread_.join();
  }
  TunnellingProxy(const TunnellingProxy&) = delete;
  TunnellingProxy& operator=(const TunnellingProxy&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_of(listener_)); }
  int tunnels() const { return tunnels_; }

 private:
  struct Tunnel {
    Fd client, server;
    std::string asked{};
  };

  void run() {
    std::list<Tunnel> tunnels;
    while (!stop_) {
      std::vector<pollfd> watched{{listener_.get(), POLLIN, 0}};
      for (const Tunnel& tunnel : tunnels) {
        watched.push_back({tunnel.client.get(), POLLIN, 0});
        watched.push_back({tunnel.server.get(), POLLIN, 0});
      }
      ::poll(watched.data(), watched.size(), 20);
      std::erase_if(tunnels, [](Tunnel& tunnel) { return !relay(tunnel); });
      if (Fd client = accept_at(listener_)) {
        ++tunnels_;
        tunnels.push_back({std::move(client), connect_to(to_)});
      }
    }
  }

  static Fd connect_to(std::uint16_t port) {
    Fd socket{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "connect");
    return socket;
  }

  static void send_all(const Fd& to, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return;
    }
  }

  /// False once one side has ended.
  static bool relay(Tunnel& tunnel) {
    constexpr std::string_view head_end = "\r\n\r\n";
    std::array<char, 16'384> bytes{};
    const auto got = ::recv(tunnel.client.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0) return false;
    if (got > 0) {
      const std::string_view text{bytes.data(), static_cast<std::size_t>(got)};
      if (tunnel.asked.ends_with(head_end)) {
        send_all(tunnel.server, text);
      } else {
        tunnel.asked += text;
        if (tunnel.asked.ends_with(head_end)) send_all(tunnel.client, "HTTP/1.1 200 Connected\r\n\r\n");
      }
    }
    const auto answered = ::recv(tunnel.server.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (answered > 0) send_all(tunnel.client, {bytes.data(), static_cast<std::size_t>(answered)});
    return answered != 0;
  }

  const Fd listener_ = listen_at("127.0.0.1", 0);
  const std::uint16_t to_;
  std::atomic<bool> stop_{false};
  std::atomic<int> tunnels_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("where only public addresses are allowed nothing connects to another one") {
  const Receiver receiver;
  HttpOptions options;
  options.deny_private = true;
  TransportFixture fixture{options};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK(outcome.error == "not sent: " + host_in_urls("127.0.0.1") +
                             " leads to 127.0.0.1, which is a loopback address, and --deny-private "
                             "allows public addresses only");
  CHECK(receiver.connections() == 0);
}

TEST_CASE("what counts is the address that a name leads to") {
  const Receiver receiver;
  TransportFixture fixture;
  const auto outcome =
      fixture.attempt(careful("http://localhost:" + std::to_string(receiver.port()) + "/?token=abc"));
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK(has(outcome.error, "not sent: localhost leads to "));
  CHECK(has(outcome.error, "which is a loopback address, and subscription careful allows"));
  CHECK_FALSE(has(outcome.error, "token"));
  CHECK(receiver.connections() == 0);
}

TEST_CASE("a connection that another request opened is refused as a new one would be") {
  const Receiver receiver;
  TransportFixture fixture;
  CHECK(fixture.attempt(event(receiver.url())).status == 200);
  const auto outcome = fixture.attempt(careful(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK(has(outcome.error, "127.0.0.1, which is a loopback address"));
  CHECK(receiver.count() == 1);
  CHECK(fixture.attempt(event(receiver.url())).status == 200);
  CHECK(receiver.count() == 2);
}

TEST_CASE("a proxy gets the requests with its own credentials and the servers none") {
  std::string seen_target, seen_credentials;
  std::atomic<bool> done{false};
  const RawReceiver proxy{[&](Conversation& peer) {
    while (const auto request = peer.request()) {
      seen_target = request->target;
      seen_credentials = request->header("Proxy-Authorization").value_or("");
      done = true;
      peer.send(answer_head(204, {}, 0));
    }
  }};
  auto url = proxy.url();
  url.insert(url.find("127"), "user:secret@");
  TransportFixture fixture{by_way_of(url)};
  const auto outcome = fixture.attempt(event("http://server.invalid:8080/hook"));
  CHECK(outcome.status == 204);
  REQUIRE(done);
  CHECK(seen_target == "http://server.invalid:8080/hook");
  CHECK(seen_credentials == "Basic dXNlcjpzZWNyZXQ=");
}

TEST_CASE("hosts of the list are reached without the proxy") {
  std::atomic<int> through{0};
  const RawReceiver proxy{[&](Conversation& peer) {
    while (peer.request()) {
      ++through;
      peer.send(answer_head(204, {}, 0));
    }
  }};
  const Receiver receiver;
  auto options = by_way_of(proxy.url());
  const auto status = [&] {
    TransportFixture fixture{options};
    return fixture.attempt(event(receiver.url())).status;
  };
  CHECK(status() == 204);
  const std::string host = host_in_urls("127.0.0.1");
  const bool by_address = host == "127.0.0.1";
  for (const std::string& list :
       {host, "other.test, " + host, std::string{by_address ? "127.0.0.0/8" : "*"}, std::string{"*"}}) {
    CAPTURE(list);
    options.no_proxy = list;
    CHECK(status() == 200);
  }
  options.no_proxy = "other.test";
  CHECK(status() == 204);
  CHECK(through == 2);
}

TEST_CASE("what a proxy says of a tunnel is nobody's answer and shows no credentials") {
  for (const std::string answer :
       {"HTTP/1.1 200 Established\r\n\r\n", "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"}) {
    std::string seen_target;
    const RawReceiver proxy{[&](Conversation& peer) {
      const auto request = peer.request();
      if (!request) return;
      seen_target = request->method + ' ' + request->target;
      peer.send(answer);
    }};
    auto url = proxy.url();
    url.insert(url.find("127"), "user:secret@");
    TransportFixture fixture{by_way_of(url)};
    const auto outcome = fixture.attempt(event("https://server.invalid/hook"));
    CHECK(outcome.kind == OutcomeKind::connect_error);
    CHECK(outcome.status == 0);
    CHECK(seen_target == "CONNECT server.invalid:443");
    INFO(outcome.error);
    CHECK_FALSE(outcome.error.empty());
    CHECK_FALSE(has(outcome.error, "secret"));
  }
}

TEST_CASE("requests go through the tunnel of a proxy and the tunnel is kept") {
  const TlsReceiver receiver{{.status = 200, .keeps_connections = true}};
  const TunnellingProxy proxy{receiver.port()};
  auto options = by_way_of(proxy.url());
  options.ca_file = receiver.certificate();
  TransportFixture fixture{options};
  for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) {
    auto outgoing = event(receiver.url(), ticket);
    if (ticket == 4) outgoing.payload.assign(1'000'000, 'x');
    const auto outcome = fixture.attempt(std::move(outgoing));
    INFO(outcome.error);
    CHECK(outcome.status == 200);
    CHECK(outcome.address == "127.0.0.1");
  }
  CHECK(receiver.count() == 5);
  CHECK(proxy.tunnels() == 1);
}

TEST_CASE("HTTP/2 goes through the tunnel of a proxy and requests at a time share it") {
  const Http2Receiver receiver;
  const TunnellingProxy proxy{receiver.port()};
  auto options = by_way_of(proxy.url());
  options.version = HttpVersion::http2;
  options.ca_file = receiver.certificate();
  TransportFixture fixture{options};
  for (std::uint64_t ticket = 1; ticket <= 10; ++ticket) fixture.send(event(receiver.url(), ticket));
  REQUIRE(fixture.reports.wait_for(10));
  for (const auto& report : fixture.reports.all()) {
    CHECK(report.outcome.status == 200);
    CHECK(report.outcome.protocol_version == "2");
  }
  CHECK(receiver.count() == 10);
  CHECK(proxy.tunnels() == 1);
}

TEST_CASE("the URL of a proxy is http or https and nothing behind the port") {
  for (const char* good : {"http://proxy:3128", "https://user:secret@proxy/", "http://[::1]:8080"})
    CHECK(parse_proxy_url(good).value() == good);
  for (const char* bad :
       {"", "proxy:3128", "socks5://u:secret@proxy", "http://", "http://u:secret@proxy:99999",
        "http://u:secret@proxy/path", "http://u:secret@proxy?query", "http://u:secret@pro xy"}) {
    CAPTURE(bad);
    const auto read = parse_proxy_url(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().failure == Failure::usage);
    CHECK_FALSE(has(read.error().message, "secret"));
  }
}

TEST_CASE("requests go to a Unix socket whatever their URLs say") {
  const TempDir directory;
  const auto path = (directory.path() / "socket").string();
  HttpOptions options;
  options.unix_socket = path;
  TransportFixture fixture{options};
  const auto before = fixture.attempt(event("http://server.invalid/hook"));
  CHECK(before.kind == OutcomeKind::connect_error);
  CHECK(before.error == "cannot connect to the Unix socket " + path + ": No such file or directory");

  std::string seen_host;
  const RawReceiver receiver{[&](Conversation& peer) {
                               while (const auto request = peer.request()) {
                                 seen_host = request->header("Host").value_or("");
                                 peer.send(answer_head(500, {}, 0));
                               }
                             },
                             {.path = path}};
  const auto outcome = fixture.attempt(event("http://server.invalid/hook"));
  CHECK(outcome.status == 500);
  CHECK(outcome.address == path);
  CHECK(seen_host == "server.invalid");
}

TEST_CASE("where nobody sees the address the two do not go together") {
  HttpOptions options = by_way_of("http://127.0.0.1:3128");
  options.deny_private = true;
  CHECK(has(misuse_of(options), "through a proxy"));
  options.deny_private = false;
  options.unix_socket = "/run/socket";
  CHECK(has(misuse_of(options), "not both"));
  options.proxy.clear();
  options.deny_private = true;
  CHECK(has(misuse_of(options), "through a Unix socket"));
  options.deny_private = false;
  CHECK(misuse_of(options).empty());
  options.unix_socket = '/' + std::string(200, 'x');
  CHECK(has(misuse_of(options), "longer than 107 bytes"));

  TransportFixture fixture{by_way_of("http://127.0.0.1:9")};
  const auto outcome = fixture.attempt(careful("http://server.invalid/"));
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK(has(outcome.error, "subscription careful allows public addresses only"));
}

TEST_CASE("files of certificates that cannot be used are found at the start") {
  const TempDir directory;
  const TlsReceiver one, other;
  const auto rubbish = directory.write("rubbish.pem", "no certificate\n");
  const auto misuse_with = [](const std::string& authorities, const std::string& certificate,
                              const std::string& key) {
    HttpOptions options;
    options.ca_file = authorities;
    options.client_certificate = certificate;
    options.client_key = key;
    return misuse_of(options);
  };
  const std::string good = one.certificate(), another = other.certificate(), missing = "/nonexistent/x.pem";
  CHECK(misuse_with(good, good, "").empty());
  CHECK(misuse_with("", good, good).empty());
  CHECK(has(misuse_with(missing, "", ""),
            "cannot read the certificate authorities in /nonexistent/x.pem: No such"));
  CHECK(has(misuse_with(rubbish, "", ""), "cannot use the certificate authorities"));
  CHECK(has(misuse_with("", missing, ""), "cannot read the client certificate in"));
  CHECK(has(misuse_with("", rubbish, ""), "cannot use the client certificate in"));
  CHECK(has(misuse_with("", good, missing), "cannot read the client certificate's key in"));
  CHECK(has(misuse_with("", good, rubbish), "cannot use the client certificate's key"));
  CHECK(has(misuse_with("", good, another), "cannot use the client certificate's key"));
  CHECK(has(misuse_with("", "", good), "without its certificate"));
}
