#pragma once

namespace dispatch {

/// Opens those of the descriptors 0, 1 and 2 that are closed, so that no file opened later gets their
/// numbers: messages to stderr would overwrite a journal with descriptor 2. Reading standard input, and
/// writing standard output and error, still fail with EBADF. Call it before anything else. Returns false if a
/// descriptor cannot be opened; errno says why.
bool fill_standard_descriptors();

}  // namespace dispatch
