// The child's side: a process with one thread, one socket and libjq.

#include "base/text/utf8.hpp"
#include "jq/confinement.hpp"
#include "jq/error_text.hpp"
#include "jq/process.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

extern "C" {
#include <jq.h>
#include <jv.h>
}

namespace dispatch::jq {
namespace {

/// Stands before every program, so that those of jq's functions that reach out of the document fail. What
/// begins with functions cannot import modules.
constexpr std::string_view prelude = R"(def input: error("input is not available"); )"
                                     R"(def inputs: error("inputs is not available"); )"
                                     R"(def input_filename: error("input_filename is not available"); )"
                                     R"(def input_line_number: error("input_line_number is not available"); )"
                                     R"(def modulemeta: error("modulemeta is not available"); )"
                                     R"(def get_search_list: error("get_search_list is not available"); )"
                                     R"(def halt: error("halt is not available"); )"
                                     R"(def halt_error: error("halt_error is not available"); )"
                                     R"(def halt_error(code): error("halt_error is not available"); )"
                                     R"(def debug: .; def stderr: .; )";

/// What the process is called, and asked by.
constexpr std::string_view process_name = "dispatch-jq";

/// Owns a value.
class Value {
 public:
  explicit Value(jv value) : value_(value) {}
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  ~Value() { jv_free(value_); }

  jv copy() const { return jv_copy(value_); }
  bool valid() const { return jv_is_valid(value_) != 0; }
  bool is_string() const { return jv_get_kind(value_) == JV_KIND_STRING; }
  /// Of a string; dies with it.
  std::string_view text() const {
    return {jv_string_value(value_), static_cast<std::size_t>(jv_string_length_bytes(copy()))};
  }

 private:
  jv value_;
};

struct Teardown {
  void operator()(jq_state* state) const { jq_teardown(&state); }
};
using State = std::unique_ptr<jq_state, Teardown>;

void cut_out(std::string& text, std::string_view what) {
  if (const auto at = text.find(what); at != std::string::npos) text.erase(at, what.size());
}

/// One of jq's messages about a program, without the source that it quotes, as that begins with our prelude.
std::string complaint(std::string_view message) {
  std::string text{message.substr(0, message.find('\n'))};
  if (text.ends_with(" compile error") || text.ends_with(" compile errors")) return {};
  cut_out(text, "jq: error: ");
  cut_out(text, " (Unix shell quoting issues?)");
  cut_out(text, " at <top-level>");
  while (text.ends_with(':') || text.ends_with(' ')) text.pop_back();
  for (const char* module : {"unexpected import", "unexpected include", "unexpected module"})
    if (text.find(module) != std::string::npos) text += " (there are no modules here)";
  return text;
}

void collect_complaint(void* complaints, jv message) {
  const Value formatted{jq_format_error(message)};
  if (!formatted.is_string()) return;
  const std::string text = complaint(formatted.text());
  auto& all = *static_cast<std::string*>(complaints);
  if (!text.empty()) all += (all.empty() ? "" : "; ") + text;
}

struct Reply {
  Answer::Kind kind;
  std::string text;
};

struct Program {
  State state;
  std::string text;
};

class Service {
 public:
  Service(int channel, const Limits& limits) : channel_(channel), limits_(limits) {}

  /// Answers one request. False where the channel has ended.
  bool turn() {
    Request request;
    if (!receive(&request, sizeof request)) return false;
    std::string text(request.bytes, '\0');
    if (!receive(text.data(), text.size())) return false;
    allow(limits_.processor_time);
    const Reply reply = request.kind == Request::Kind::compile ? compile(text) : run(request.program, text);
    allow(std::chrono::milliseconds{0});
    const Answer answer{.kind = reply.kind, .bytes = reply.text.size()};
    return send(&answer, sizeof answer) && send(reply.text.data(), reply.text.size());
  }

 private:
  Reply compile(const std::string& text) {
    State state{jq_init()};
    if (!state) return {Answer::Kind::no_memory, {}};
    std::string complaints;
    jq_set_error_cb(state.get(), collect_complaint, &complaints);
    const bool compiled = jq_compile(state.get(), (std::string{prelude} + text).c_str()) != 0;
    jq_set_error_cb(
        state.get(), [](void*, jv message) { jv_free(message); }, nullptr);
    if (!compiled) return {Answer::Kind::error, shortened(complaints, message_most)};
    programs_.push_back({std::move(state), text});
    return {Answer::Kind::nothing, {}};
  }

  Reply run(std::uint32_t program, const std::string& json) {
    const Program& known = programs_.at(program);
    jq_state* const state = known.state.get();
    const Value input{jv_parse_sized(json.data(), static_cast<int>(json.size()))};
    if (!input.valid()) return {Answer::Kind::error, "its input is not JSON: " + fault_of(input)};
    jq_start(state, input.copy(), 0);
    Reply reply = first_output(known);
    jq_start(state, jv_null(), 0);  // gives back what the document took
    return reply;
  }

  Reply first_output(const Program& program) const {
    const Value output{jq_next(program.state.get())};
    if (output.valid()) {
      const Value text{jv_dump_string(output.copy(), 0)};
      if (text.text().size() <= limits_.output_most) return {Answer::Kind::output, std::string{text.text()}};
      return {Answer::Kind::error,
              "its output is longer than " + std::to_string(limits_.output_most) + " bytes"};
    }
    if (jv_invalid_has_msg(output.copy()) != 0) return {Answer::Kind::error, error_of(output, program.text)};
    return {Answer::Kind::nothing, {}};
  }

  static std::string error_of(const Value& invalid, std::string_view program) {
    const Value message{jv_invalid_get_msg(invalid.copy())};
    return shortened(without_values(message.is_string() ? message.text() : std::string_view{}, program),
                     message_most);
  }

  /// jq quotes the document behind what is wrong with it.
  static std::string fault_of(const Value& invalid) {
    const Value message{jv_invalid_get_msg(invalid.copy())};
    const std::string_view text = message.is_string() ? message.text() : std::string_view{};
    return shortened(std::string{text.substr(0, text.find(" (while parsing "))}, message_most / 2);
  }

  /// So much processor time from now on; then SIGPROF ends the process. 0: as much as it takes.
  static void allow(std::chrono::milliseconds time) {
    const itimerval timer{{0, 0}, {time.count() / 1000, time.count() % 1000 * 1000}};
    ::setitimer(ITIMER_PROF, &timer, nullptr);
  }

  bool receive(void* data, std::size_t bytes) const {
    char* to = static_cast<char*>(data);
    while (bytes > 0) {
      const ssize_t received = ::read(channel_, to, bytes);
      if (received <= 0) return false;
      to += received;
      bytes -= static_cast<std::size_t>(received);
    }
    return true;
  }

  bool send(const void* data, std::size_t bytes) const {
    const char* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t sent = ::write(channel_, from, bytes);
      if (sent <= 0) return false;
      from += sent;
      bytes -= static_cast<std::size_t>(sent);
    }
    return true;
  }

  const int channel_;
  const Limits limits_;
  std::vector<Program> programs_;
};

/// Keeps nothing of the parent's but the channel, which is standard input.
void leave_parent() {
  ::prctl(PR_SET_NAME, process_name.data());
  sigset_t all_but_time;
  sigfillset(&all_but_time);
  sigdelset(&all_but_time, SIGPROF);
  for (const int deadly : {SIGPROF, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE}) ::signal(deadly, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &all_but_time, nullptr);
}

/// What the process has of data already (proc(5), statm, the sixth number, in pages).
rlim_t data_bytes() {
  std::array<char, 128> text{};
  const int statm = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  const ssize_t size = ::read(statm, text.data(), text.size());
  ::close(statm);
  std::string_view rest{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  for (int field = 1; field < 6; ++field) {
    const auto space = rest.find(' ');
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  rlim_t pages = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), pages);
  return pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
}

void limit(int resource, rlim_t most) {
  const rlimit limits{most, most};
  if (::setrlimit(static_cast<__rlimit_resource>(resource), &limits) != 0) ::_exit(1);
}

[[noreturn]] void serve(const Limits& limits) {
  leave_parent();
  limit(RLIMIT_DATA, data_bytes() + limits.memory);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 0);  // what is open stays open, and nothing else can be
  if (!confine_to_memory()) ::_exit(not_confined);
  Service service{STDIN_FILENO, limits};
  while (service.turn()) {
  }
  ::_exit(0);
}

}  // namespace

std::vector<std::string> process_words(const Limits& limits) {
  return {std::string{process_name}, std::to_string(limits.processor_time.count()),
          std::to_string(limits.memory), std::to_string(limits.output_most)};
}

void serve_if_asked(int argc, char** argv) {
  if (argc != 4 || argv[0] != process_name) return;
  serve({.processor_time = std::chrono::milliseconds{std::stoll(argv[1])},
         .memory = std::stoull(argv[2]),
         .output_most = std::stoull(argv[3])});
}

}  // namespace dispatch::jq
