#pragma once

#include <functional>
#include <string>

namespace dispatch::ingest {

/// Takes a message for people about input that was read all the same: what was found, where, and what was
/// made of it. In one line, without a trailing full stop.
using Warn = std::function<void(std::string)>;

}  // namespace dispatch::ingest
