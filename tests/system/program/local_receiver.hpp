#pragma once

#include "system/program/child.hpp"

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// `dispatch listen` on a free port of loopback, for as long as the object lives.
class LocalReceiver {
 public:
  /// `options` are further ones of dispatch-listen(1).
  explicit LocalReceiver(const TempDir& directory, const std::vector<std::string>& options = {})
      : child_(directory, arguments(options)) {
    const std::string announcement = "listening on ";
    if (!child_.err().wait_for(announcement)) return;  // a warning may come before it
    const std::string said = child_.err().text();
    const auto start = said.find(announcement);
    if (start != std::string::npos)
      url_ = said.substr(start + announcement.size(), said.find('\n', start) - start - announcement.size());
  }

  /// "http://127.0.0.1:PORT"; empty where it could not be started.
  const std::string& url() const { return url_; }

  /// Waits until it has printed `text`.
  bool wait_for(std::string_view text) const { return child_.out().wait_for(text); }

  /// Ends it, and gives the lines it has printed: one for each request.
  std::string stop() {
    child_.signal(SIGTERM);
    child_.wait();
    return child_.out().all();
  }

 private:
  static std::vector<std::string> arguments(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"listen", "--port", "0"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return arguments;
  }

  Child child_;
  std::string url_;
};

}  // namespace dispatch::test
