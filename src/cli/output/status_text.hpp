#pragma once

#include "base/clock.hpp"
#include "operations/views/status_json.hpp"

#include <string>

namespace dispatch::cli {

/// The status on one screen, for people.
std::string status_text(const operations::Status& status, WallTime now);

}  // namespace dispatch::cli
