#pragma once

#include <string>
#include <utility>

namespace dispatch {

/// A text that must not be shown. It has no formatter and no stream operator; using the text requires an
/// explicit call.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace dispatch
