#pragma once

#include "event/outcome.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include <curl/curl.h>

namespace dispatch::delivery {

/// Classifies a transfer that ended without an answer. `request_out` is true if some of the request was sent.
/// Pure function.
OutcomeKind kind_of_failure(CURLcode code, bool request_out);

/// True if this errno of socket(2) means that the process or machine ran out of descriptors or memory. Pure
/// function.
bool is_local_shortage(int system_error);

/// True if libcurl could not start a name look-up because the process or machine ran out of threads,
/// descriptors or memory; `detail` is libcurl's text. Pure function.
bool is_local_lookup_failure(CURLcode code, std::string_view detail);

/// Describes a failure for people: libcurl's name for it, libcurl's detail, and the system's error number if
/// that is the cause (0: none). Pure function.
std::string explain_failure(CURLcode code, std::string_view detail, int system_error);

/// Describes why a server's certificate was not accepted. `verify_result` is OpenSSL's (X509_V_ERR_...). Pure
/// function.
std::string explain_distrust(std::string_view detail, long verify_result);

/// Describes a timeout: how long it was, and what the attempt was waiting for. Pure function.
std::string explain_timeout(std::chrono::milliseconds timeout, const AttemptTimings& timings,
                            bool request_out);

}  // namespace dispatch::delivery
