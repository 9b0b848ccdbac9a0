#pragma once

namespace dispatch::jq {

/// Confines the calling thread permanently: it can only read and write open descriptors, allocate and free
/// memory that is not executable, get the time and random numbers, set its timers, abort and exit. Every
/// other system call fails with EPERM (seccomp(2), mode filter), and execve(2) cannot gain privileges
/// (PR_SET_NO_NEW_PRIVS).
///
/// Returns false, with errno, if the system does not allow this; then nothing is confined.
bool confine_to_memory();

}  // namespace dispatch::jq
