#pragma once

namespace dispatch::jq {

/// From now on the calling thread can read and write what it has open, take and give back memory that it
/// cannot execute, ask for the time and for chance, set its timers, abort and end. Every other system call
/// fails with EPERM (seccomp(2), mode filter), and execve(2) could give no privileges (PR_SET_NO_NEW_PRIVS).
/// For good.
///
/// Returns false, and errno says why, where the system does not allow it; then nothing is confined.
bool confine_to_memory();

}  // namespace dispatch::jq
