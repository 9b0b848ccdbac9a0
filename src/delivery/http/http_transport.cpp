#include "delivery/http/http_transport.hpp"

#include "base/fail_point.hpp"
#include "base/system/fd.hpp"
#include "delivery/ended_here.hpp"
#include "delivery/http/direct/direct_client.hpp"
#include "delivery/http/http_protocol.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/stall_aware_clock.hpp"
#include "delivery/http/tls_files.hpp"
#include "delivery/http/tls_sessions.hpp"
#include "delivery/http/transfer.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include <pthread.h>
#include <sys/un.h>

namespace dispatch::delivery {
/// The thread, the loop it turns, and the transfers under way.
class HttpTransport::Engine {
 public:
  Engine(HttpOptions options, Reports& reports, const Clock& clock, std::unique_ptr<MultiLoop> loop,
         std::shared_ptr<SharedIdleLimit> idle_limit)
      : options_(std::move(options)),
        reports_(reports),
        clock_(clock),
        loop_(std::move(loop)),
        idle_limit_(std::move(idle_limit)) {
    if (options_.client == HttpClient::direct)
      direct_.emplace(DirectClient::Context{options_, *loop_, random_, clock_, idle_});
  }
  ~Engine();
  Result<> start();
  void send(std::vector<Outgoing> batch);
  void withdraw();
  void abort();

 private:
  /// What other threads want done.
  struct Orders {
    std::vector<Outgoing> send;
    std::vector<Outgoing> unsent;  ///< was to be sent when it was taken back
    bool withdraw = false;         ///< what has not started is given back
    bool cut = false;              ///< what is under way ends
    bool stop = false;
    void take_back() {
      std::move(send.begin(), send.end(), std::back_inserter(unsent));
      send.clear();
      withdraw = true;
    }
    bool empty() const { return send.empty() && !withdraw && !cut && !stop; }
  };

  template <class Change>
  void order(const Change& change);
  void run() noexcept;
  Orders take_orders();
  void collect(std::vector<Report>& reports);
  void collect_direct(std::vector<Report>& reports);
  void live();
  void time_out(std::vector<Report>& reports);
  std::optional<std::chrono::milliseconds> wait_most() const;
  void cut(std::vector<Report>& reports);
  void begin(Outgoing outgoing, std::vector<Report>& reports);
  tl::expected<void, Outcome> begin_transfer(Outgoing outgoing, Transfer::Purpose purpose, bool keep);
  void give_back(const std::vector<Outgoing>& unsent, std::vector<Report>& reports);
  bool worth_keeping(const Outgoing& outgoing);
  void keep_idle_limit();
  bool is_under_way(const Transfer& transfer) const {
    return transfer.slot < under_way_.size() && under_way_[transfer.slot].get() == &transfer;
  }
  std::unique_ptr<Transfer> leave(std::size_t slot);

  const HttpOptions options_;
  Reports& reports_;
  const Clock& clock_;
  std::mutex mutex_;
  Orders orders_;  // under mutex_
  TlsSessions tls_sessions_;
  const std::unique_ptr<MultiLoop> loop_;
  const std::shared_ptr<SharedIdleLimit> idle_limit_;  // null: connections_kept is for this one alone
  const std::size_t place_{idle_limit_ ? idle_limit_->join() : 0};  // in idle_limit_
  AddressMemory addresses_{options_.connection_lifetime};
  SystemRandom random_;
  struct Host {
    bool asked_before = false;
    std::size_t under_way = 0;
  };
  std::vector<Host> hosts_;  // by Outgoing::host
  StallAwareClock time_{std::chrono::steady_clock::now()};
  std::set<std::pair<SteadyTime, Transfer*>>
      deadlines_;  // in the time of a StallAwareClock, of what is under way
  std::vector<std::unique_ptr<Transfer>> under_way_;
  std::vector<std::unique_ptr<Transfer>> idle_;  // for as long as there are connections, which point to them
  std::optional<DirectClient> direct_;
  std::vector<Report> not_begun_;  // of what this thread was given to send while it put its reports
  bool stopping_ = false;          // for the thread itself
  std::atomic<std::thread::id> own_thread_{};
  std::thread thread_;
};

HttpTransport::Engine::~Engine() {
  if (!thread_.joinable()) return;
  order([](Orders& orders) { orders.stop = true; });
  thread_.join();
}

Result<> HttpTransport::Engine::start() {
  try {
    thread_ = std::thread{[this] { run(); }};
  } catch (const std::system_error& error) {
    return fail("cannot start the thread that makes requests: {}", error.what());
  }
  return {};
}

void HttpTransport::Engine::send(std::vector<Outgoing> batch) {
  if (own_thread_ == std::this_thread::get_id()) {  // what follows on an outcome, which is just being put
    if (stopping_)
      give_back(batch, not_begun_);
    else
      for (auto& outgoing : batch) begin(std::move(outgoing), not_begun_);
    return;
  }
  order([&](Orders& orders) {
    if (orders.send.empty())
      orders.send = std::move(batch);
    else
      std::move(batch.begin(), batch.end(), std::back_inserter(orders.send));
  });
}

void HttpTransport::Engine::withdraw() {
  order([](Orders& orders) { orders.take_back(); });
}

void HttpTransport::Engine::abort() {
  order([](Orders& orders) {
    orders.take_back();
    orders.cut = true;
  });
}

template <class Change>
void HttpTransport::Engine::order(const Change& change) {
  bool first = false;
  {
    const std::scoped_lock lock{mutex_};
    first = orders_.empty();
    change(orders_);
  }
  if (first) loop_->wake();  // else a wake is on its way
}

void HttpTransport::Engine::run() noexcept {
  // OpenSSL writes without MSG_NOSIGNAL; blocked, SIGPIPE is the error that the write returns anyway.
  sigset_t every;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, nullptr);
  pthread_setname_np(pthread_self(), "dispatch-http");  // for top and debuggers

  own_thread_ = std::this_thread::get_id();
  while (!stopping_) {
    if (idle_limit_) keep_idle_limit();
    loop_->wait(wait_most());
    live();
    loop_->act();
    std::vector<Report> reports;
    collect(reports);
    time_out(reports);
    if (direct_) direct_->close_expired();
    auto orders = take_orders();
    stopping_ = orders.stop;
    if (orders.cut || stopping_) cut(reports);
    if (orders.withdraw || stopping_) give_back(orders.unsent, reports);
    if (stopping_)
      give_back(orders.send, reports);
    else
      for (auto& outgoing : orders.send) begin(std::move(outgoing), reports);
    collect_direct(reports);
    if (reports.empty()) continue;
    fail_point(FailPoint::answers_arrived);
    reports_.put(std::move(reports));
    for (collect_direct(not_begun_); !not_begun_.empty(); collect_direct(not_begun_))
      reports_.put(std::exchange(not_begun_, {}));
  }
  // On this thread, where SIGPIPE is blocked: TLS says goodbye to connections that may be gone.
  if (direct_) direct_->close_all();
  idle_.clear();
  loop_->close();
}

HttpTransport::Engine::Orders HttpTransport::Engine::take_orders() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(orders_, {});
}

void HttpTransport::Engine::collect(std::vector<Report>& reports) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(loop_->multi(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message dies with the removal of its handle
    auto& transfer = Transfer::of(message->easy_handle);
    if (transfer.start_over(code)) continue;
    if (code == CURLE_OK && transfer.purpose() != Transfer::Purpose::request) {
      auto connected = leave(transfer.slot);
      ++hosts_[connected->host()].under_way;  // it goes on
      direct_->begin_on_new(std::move(connected), time_.now());
      continue;
    }
    reports.push_back(transfer.finish(code, clock_));
    idle_.push_back(leave(transfer.slot));
  }
  for (const auto& [easy, error] : loop_->take_unwatched()) {
    Transfer& transfer = Transfer::of(easy);
    if (!is_under_way(transfer)) continue;
    reports.push_back(transfer.give_up("cannot wait for the connection: " + errno_text(error), clock_));
    idle_.push_back(leave(transfer.slot));
  }
}

void HttpTransport::Engine::collect_direct(std::vector<Report>& reports) {
  if (!direct_) return;
  for (auto& [report, host] : direct_->take_ended()) {
    --hosts_[host].under_way;
    reports.push_back(std::move(report));
  }
}

void HttpTransport::Engine::live() {
  const auto stood = time_.tick(std::chrono::steady_clock::now());
  if (stood == stood.zero()) return;
  for (const auto& transfer : under_way_)
    transfer->allow(std::chrono::ceil<std::chrono::milliseconds>(stood));
}

void HttpTransport::Engine::time_out(std::vector<Report>& reports) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= time_.now()) {
    Transfer& transfer = *deadlines_.begin()->second;
    reports.push_back(transfer.time_out(clock_));
    idle_.push_back(leave(transfer.slot));
  }
  if (direct_) direct_->time_out(time_.now());
}

std::optional<std::chrono::milliseconds> HttpTransport::Engine::wait_most() const {
  auto next = direct_ ? direct_->next_deadline() : std::nullopt;
  if (!deadlines_.empty()) next = std::min(next.value_or(SteadyTime::max()), deadlines_.begin()->first);
  // What has been idle for too long leaves its room to other transports.
  if (!next && idle_limit_ && direct_ && direct_->idle() > 0) return options_.connection_idle_most;
  if (!next) return std::nullopt;
  return std::min(StallAwareClock::beat, std::chrono::ceil<std::chrono::milliseconds>(*next - time_.now()));
}

void HttpTransport::Engine::cut(std::vector<Report>& reports) {
  for (auto& transfer : under_way_) {
    --hosts_[transfer->host()].under_way;
    reports.push_back(transfer->cut());
    idle_.push_back(std::move(transfer));
  }
  under_way_.clear();
  deadlines_.clear();
  if (direct_) direct_->cut();
}

void HttpTransport::Engine::begin(Outgoing outgoing, std::vector<Report>& reports) {
  const std::uint64_t ticket = outgoing.ticket;
  const std::uint32_t host = outgoing.host;
  const auto not_begun = [&](Outcome outcome) { reports.push_back({ticket, std::move(outcome)}); };
  if (outgoing.not_after && !outgoing.may_begin(clock_.steady())) return not_begun(too_late());
  if (host >= hosts_.size()) hosts_.resize(host + 1);
  const bool keep = worth_keeping(outgoing);
  auto purpose = Transfer::Purpose::request;
  if (const RequestTarget* const target = direct_ ? direct_->target(outgoing) : nullptr; target != nullptr) {
    auto begun = direct_->begin_on_kept(outgoing, *target, {.now = time_.now(), .keep = keep});
    if (!begun) return not_begun(std::move(begun).error());
    if (*begun) {
      fail_point(FailPoint::request_started);
      ++hosts_[host].under_way;
      return;
    }
    purpose = target->secure ? Transfer::Purpose::connect_tls : Transfer::Purpose::connect;
  }
  if (auto begun = begin_transfer(std::move(outgoing), purpose, keep); !begun)
    return not_begun(std::move(begun).error());
  fail_point(FailPoint::request_started);
  ++hosts_[host].under_way;
}

tl::expected<void, Outcome> HttpTransport::Engine::begin_transfer(Outgoing outgoing,
                                                                  Transfer::Purpose purpose, bool keep) {
  if (idle_.empty()) {
    auto made = Transfer::make({options_, *loop_, addresses_, tls_sessions_, random_});
    if (!made) return tl::unexpected(not_made(OutcomeKind::local_failure, std::move(made).error().message));
    idle_.push_back(std::move(*made));
  }
  idle_.back()->keep_connection(keep);
  if (auto started = idle_.back()->start(std::move(outgoing), clock_.wall(), purpose); !started)
    return started;
  idle_.back()->slot = under_way_.size();
  under_way_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  Transfer& transfer = *under_way_.back();
  transfer.deadline = time_.now() + transfer.timeout();
  deadlines_.emplace(transfer.deadline, &transfer);
  return {};
}

/// Returns true where the connection of the request that begins is kept for others. Of each connection that
/// it closes, libcurl looks at all there are, and near the limit of idle ones at all of them again, to close
/// one after each request. So of many connections those to hosts that have nothing else to do are not kept,
/// and the first to a host, which may never be asked again, is kept only among few.
bool HttpTransport::Engine::worth_keeping(const Outgoing& outgoing) {
  Host& host = hosts_[outgoing.host];
  const bool first = !std::exchange(host.asked_before, true);
  if (host.under_way > 0 || outgoing.others_wait) return true;
  const std::size_t most = first ? options_.connections_kept / 8 : options_.connections_kept / 4 * 3;
  return loop_->connections() <= most;
}

/// Before each wait, so that the limit holds for what is idle meanwhile.
void HttpTransport::Engine::keep_idle_limit() {
  const auto idle = [this] {  // about: a request that looks up a name has no connection yet
    const std::size_t busy = under_way_.size() + (direct_ ? direct_->under_way() : 0);
    return loop_->connections() - std::min(busy, loop_->connections());
  };
  const std::size_t room = idle_limit_->note(place_, idle());
  loop_->keep_at_most(std::max(room, idle_limit_->equal_share()));
  if (direct_ && direct_->close_idle_above(room)) idle_limit_->note(place_, idle());
}

void HttpTransport::Engine::give_back(const std::vector<Outgoing>& unsent, std::vector<Report>& reports) {
  for (const Outgoing& outgoing : unsent) reports.push_back({outgoing.ticket, never_begun()});
}

std::unique_ptr<Transfer> HttpTransport::Engine::leave(std::size_t slot) {
  auto transfer = std::exchange(under_way_[slot], std::move(under_way_.back()));
  under_way_.pop_back();
  if (slot < under_way_.size()) under_way_[slot]->slot = slot;
  deadlines_.erase({transfer->deadline, transfer.get()});
  --hosts_[transfer->host()].under_way;
  return transfer;
}

namespace {

/// What the options say of the way to the servers must fit together.
Result<> check_way(const HttpOptions& options) {
  if (!options.proxy.empty() && !options.unix_socket.empty())
    return misuse("requests go through a proxy or to a Unix socket, not both");
  if (options.deny_private && (!options.proxy.empty() || !options.unix_socket.empty()))
    return misuse(
        "only public addresses are allowed, but through {} dispatch cannot see which address it connects to; "
        "give one of the two options",
        options.proxy.empty() ? "a Unix socket" : "a proxy");
  if (options.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
    return misuse("the path of the Unix socket is longer than {} bytes: {}",
                  sizeof(sockaddr_un::sun_path) - 1, options.unix_socket);
  return {};
}

}  // namespace

Result<std::unique_ptr<HttpTransport>> HttpTransport::start(HttpOptions options, Reports& reports,
                                                            const Clock& clock,
                                                            std::shared_ptr<SharedIdleLimit> idle_limit) {
  DISPATCH_TRY(check_tls_files(options));
  DISPATCH_TRY(check_way(options));
  DISPATCH_ASSIGN(auto loop, MultiLoop::open(options.connections_kept));
  auto engine =
      std::make_unique<Engine>(std::move(options), reports, clock, std::move(loop), std::move(idle_limit));
  DISPATCH_TRY(engine->start());
  return std::unique_ptr<HttpTransport>{new HttpTransport{std::move(engine)}};
}

HttpTransport::HttpTransport(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
HttpTransport::~HttpTransport() = default;
void HttpTransport::send(std::vector<Outgoing> batch) {
  engine_->send(std::move(batch));
}
void HttpTransport::withdraw() {
  engine_->withdraw();
}
void HttpTransport::abort() {
  engine_->abort();
}
const SpanProtocol& HttpTransport::protocol(std::string_view) const {
  return http_protocol();
}

}  // namespace dispatch::delivery
