#pragma once

#include <string>

namespace dispatch::ingest {

/// What the journal calls an input, whatever the directory it is named from: "-" for standard input, else the
/// absolute path of the file, without "." and ".." and with symbolic links as they are.
std::string input_name(const std::string& path);

}  // namespace dispatch::ingest
