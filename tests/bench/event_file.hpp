#pragma once

#include "event/outgoing.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <simdjson.h>

namespace dispatch::bench {

/// Reads the events of a file that generate_events has written, in order.
class EventFile {
 public:
  /// `own_urls`: each event has a url. Throws std::runtime_error if the file cannot be opened.
  EventFile(const std::string& path, bool own_urls);

  /// Replaces `event` by the next one, with its place in a trace of its own. Returns false at the end. Throws
  /// simdjson::simdjson_error if a line is not as generate_events writes it.
  bool next(Outgoing& event);

 private:
  std::ifstream file_;
  const bool own_urls_;
  std::vector<char> buffer_;
  std::string line_;
  simdjson::ondemand::parser parser_;
};

}  // namespace dispatch::bench
