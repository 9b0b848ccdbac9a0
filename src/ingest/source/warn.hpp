#pragma once

#include <functional>
#include <string>

namespace dispatch::ingest {

/// Receives a message about input that was read in spite of a problem: what was found, where, and how it was
/// handled. One line, without a full stop at the end.
using Warn = std::function<void(std::string)>;

}  // namespace dispatch::ingest
