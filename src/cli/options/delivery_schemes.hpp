#pragma once

#include "base/text/url_text.hpp"

namespace dispatch::cli {

/// The URL schemes that this program can deliver to: those of the transports that `dispatch run` creates
/// (commands/command_run.cpp).
inline constexpr UrlSchemes delivery_schemes{http_schemes};

}  // namespace dispatch::cli
