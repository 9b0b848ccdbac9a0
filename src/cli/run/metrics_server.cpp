#include "cli/run/metrics_server.hpp"

#include "serve/http_server.hpp"
#include "serve/metrics_endpoint.hpp"

#include <chrono>
#include <utility>

namespace dispatch::cli {
namespace {

using namespace std::chrono_literals;

/// A monitor asks over one or two connections, and is answered within milliseconds.
constexpr serve::ConnectionBounds connection_bounds{
    .connections_most = 64, .per_address_most = 16, .request_most = 5s, .answer_most = 5s};

/// The endpoint stands first: the server's threads use it to their end.
struct Serving {
  serve::MetricsEndpoint endpoint;
  std::unique_ptr<serve::HttpServer> server;
};

}  // namespace

Result<std::shared_ptr<void>> serve_metrics(const ListenAddress& listen, std::vector<std::string> hosts,
                                            telemetry::MetricsView view, spdlog::logger& log) {
  hosts.push_back(listen.host);
  const auto serving = std::make_shared<Serving>(
      Serving{serve::MetricsEndpoint{std::move(view.exposition), std::move(view.trouble),
                                     serve::AllowedHosts{std::move(hosts)}},
              nullptr});
  auto server = serve::HttpServer::start(
      {.host = listen.host, .port = listen.port, .body_most = 0, .connections = connection_bounds},
      [&endpoint = serving->endpoint](const serve::Request& request) { return endpoint.answer(request); });
  if (!server)
    return fail(
        "--metrics-listen: cannot serve metrics: {}; give --metrics-listen another address, or port 0 for a "
        "free one",
        server.error().message);
  serving->server = std::move(*server);
  log.info("metrics at {}/metrics", serving->server->url());
  log.flush();
  return std::shared_ptr<void>{serving};
}

}  // namespace dispatch::cli
