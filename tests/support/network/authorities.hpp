#pragma once

#include <cstddef>

namespace dispatch::test {

/// How often this process has been told to trust a directory of certificate authorities: OpenSSL's function
/// for it is our own in a program that uses this header, and counts before it does what it is for.
std::size_t directories_trusted();

}  // namespace dispatch::test
