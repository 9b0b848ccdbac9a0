#pragma once

#include "base/text/url_text.hpp"

namespace dispatch::cli {

/// The schemes of the URLs that this program delivers to: those of the transports that `dispatch run` makes
/// (commands/command_run.cpp).
inline constexpr UrlSchemes delivery_schemes{http_schemes};

}  // namespace dispatch::cli
