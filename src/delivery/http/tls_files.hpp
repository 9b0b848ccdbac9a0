#pragma once

#include "base/error.hpp"
#include "delivery/http/http_options.hpp"

namespace dispatch::delivery {

/// Reads the files of certificates and keys that `options` names, so that one that cannot be used is found
/// before the first request; that is misuse.
Result<> check_tls_files(const HttpOptions& options);

}  // namespace dispatch::delivery
