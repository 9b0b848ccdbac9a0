#include "ingest/framing/json_pointer.hpp"

namespace dispatch::ingest {
namespace {

Result<std::string> decode(std::string_view pointer, std::string_view token) {
  std::string decoded;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] != '~') {
      decoded += token[at];
      continue;
    }
    const char code = at + 1 < token.size() ? token[at + 1] : '\0';
    if (code != '0' && code != '1')
      return misuse("JSON pointer '{}' holds a '~' that is neither ~0 (for ~) nor ~1 (for /)", pointer);
    decoded += code == '0' ? '~' : '/';
    ++at;
  }
  return decoded;
}

}  // namespace

Result<JsonPointer> JsonPointer::parse(std::string_view text) {
  JsonPointer pointer{std::string{text}, {}};
  if (text.empty()) return pointer;
  if (text.front() != '/')
    return misuse("'{}' is not a JSON pointer; it must begin with '/', as in /delivery/guid", text);
  std::string_view rest = text.substr(1);
  while (true) {
    const auto slash = rest.find('/');
    DISPATCH_ASSIGN(auto token, decode(text, rest.substr(0, slash)));
    pointer.tokens.push_back(std::move(token));
    if (slash == std::string_view::npos) return pointer;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace dispatch::ingest
