#pragma once

#include <string>

namespace dispatch::ingest {

/// The name of an input in the journal, independent of the working directory: "-" for standard input,
/// otherwise the absolute path of the file, without "." and ".."; symbolic links are kept.
std::string input_name(const std::string& path);

}  // namespace dispatch::ingest
