#pragma once

#include "event/outcome.hpp"

#include <chrono>
#include <optional>

#include <curl/curl.h>

namespace dispatch::delivery {

/// A time that libcurl has measured; nothing if the transfer did not get that far.
std::optional<std::chrono::microseconds> measured(CURL* easy, CURLINFO which);

/// Notes in the outcome to which address the transfer connected, and when it reached each stage.
void note_way(CURL* easy, Outcome& outcome);

}  // namespace dispatch::delivery
