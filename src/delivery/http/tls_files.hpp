#pragma once

#include "base/error.hpp"
#include "delivery/http/http_options.hpp"

namespace dispatch::delivery {

/// Reads the certificate and key files that `options` names, so that an unusable one is found before the
/// first request; that is misuse.
Result<> check_tls_files(const HttpOptions& options);

}  // namespace dispatch::delivery
