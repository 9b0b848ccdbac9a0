#pragma once

namespace dispatch {

/// Opens what is closed of the descriptors 0, 1 and 2, so that nothing that is opened later gets their
/// numbers: a journal under the number of stderr would be written over with messages. Reading from standard
/// input, and writing to standard output and error, fail with EBADF as they would without it. To be called
/// first of all. Returns false where a descriptor cannot be opened; errno says why.
bool fill_standard_descriptors();

}  // namespace dispatch
