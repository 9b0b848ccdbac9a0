#pragma once

#include "event/outcome.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include <curl/curl.h>

namespace dispatch::delivery {

/// What the end of a transfer without an answer is called. `request_out` is true where the request, or some
/// of it, was sent. Pure.
OutcomeKind kind_of_failure(CURLcode code, bool request_out);

/// True where socket(2) failed with this errno because this process or machine had no descriptor or memory
/// left. Pure.
bool is_local_shortage(int system_error);

/// True where libcurl could not begin to look up a name, as it says in `detail`: this process or machine had
/// no thread, descriptor or memory left for it. Pure.
bool is_local_lookup_failure(CURLcode code, std::string_view detail);

/// Says the same to people: libcurl's name for it, the detail that libcurl gave, and the system's error
/// number where it is the cause (0: none). Pure.
std::string explain_failure(CURLcode code, std::string_view detail, int system_error);

/// The same of a server's certificate that was not accepted. `verify_result` is OpenSSL's (X509_V_ERR_...).
/// Pure.
std::string explain_distrust(std::string_view detail, long verify_result);

/// What to say of an attempt whose time is up: how long it had, and what it still waited for. Pure.
std::string explain_timeout(std::chrono::milliseconds timeout, const AttemptTimings& timings,
                            bool request_out);

}  // namespace dispatch::delivery
