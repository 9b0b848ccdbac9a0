#include "delivery/http/transfer_way.hpp"

namespace dispatch::delivery {

std::optional<std::chrono::microseconds> measured(CURL* easy, CURLINFO which) {
  curl_off_t passed = 0;
  if (curl_easy_getinfo(easy, which, &passed) != CURLE_OK || passed == 0) return std::nullopt;
  return std::chrono::microseconds{passed};
}

void note_way(CURL* easy, Outcome& outcome) {
  const char* address = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address != nullptr)
    outcome.address = address;
  outcome.timings.name_resolved = measured(easy, CURLINFO_NAMELOOKUP_TIME_T);
  outcome.timings.connected = measured(easy, CURLINFO_CONNECT_TIME_T);
  outcome.timings.tls_ready = measured(easy, CURLINFO_APPCONNECT_TIME_T);
  outcome.timings.first_byte = measured(easy, CURLINFO_STARTTRANSFER_TIME_T);
}

}  // namespace dispatch::delivery
