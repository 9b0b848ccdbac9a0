#include "ingest/line/fields.hpp"

#include "base/text/base64.hpp"
#include "base/text/json.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

constexpr std::size_t quoted_most = 80;

template <class... Args>
tl::unexpected<std::string> reject(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(fmt::format(format, std::forward<Args>(args)...));
}

/// Of C0 and C1 and DEL: the ones that terminals obey. `text` is UTF-8.
std::optional<unsigned> control_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) return byte;
    if (byte != 0xC2) continue;
    if (const auto second = static_cast<unsigned char>(text[at + 1]); second < 0xA0) return second;
  }
  return std::nullopt;
}

/// The string as meant: a view of the line where it holds no escapes, else a copy.
std::string_view unescaped(const Value& value, TextStore& store) {
  const std::string_view inner = value.raw.substr(1, value.raw.size() - 2);
  const std::string_view meant = value.string();
  return meant.size() == inner.size() ? inner : store.keep(meant);
}

Checked<std::string_view> check_text(const Found& found, std::string_view text, std::size_t most) {
  if (text.size() > most)
    return reject("{} is {} bytes long; the most is {}", label(found), text.size(), most);
  if (const auto control = control_character(text))
    return reject("{} holds the control character U+{:04X}", label(found), *control);
  if (has_half_pair(found.value.raw)) return reject("{} holds half a surrogate pair", label(found));
  return text;
}

}  // namespace

std::string label(const Found& found) {
  if (found.name.empty() || found.name.front() != '/') return std::string{found.name};
  return fmt::format("{} ({})", to_string(found.field), found.name);
}

std::string in_quotes(std::string_view text) {
  std::string out;
  if (text.size() <= quoted_most) {
    append_json_string(out, text);
    return out;
  }
  std::size_t cut = quoted_most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  append_json_string(out, text.substr(0, cut));
  return out + "...";
}

Checked<std::string_view> read_text(const Found& found, std::size_t most, TextStore& store) {
  if (!found.value.is_string())
    return reject("{} is {}; it must be a string", label(found), kind_of(found.value));
  return check_text(found, unescaped(found.value, store), most);
}

Checked<std::string_view> read_id(const Found& found, TextStore& store) {
  std::string_view id = found.joined;
  if (!id.empty())
    return id.size() <= id_most
               ? Checked<std::string_view>{id}
               : reject("{} is {} bytes long; the most is {}", label(found), id.size(), id_most);
  if (found.value.is_string())
    id = unescaped(found.value, store);
  else if (is_integer(found.value.raw))
    id = found.value.raw;
  else if (found.value.is_number())
    return reject("{} is {}; it must be a string or an integer", label(found),
                  found.value.raw.substr(0, quoted_most));
  else
    return reject("{} is {}; it must be a string or an integer", label(found), kind_of(found.value));
  if (id.empty()) return reject("{} is empty; it must have 1 to {} bytes", label(found), id_most);
  return check_text(found, id, id_most);
}

Checked<SequenceNumber> read_sequence(const Found& found) {
  const bool is_string = found.value.is_string();
  if (!is_string && !found.value.is_number())
    return reject("{} is {}; it must be a whole number from 0", label(found), kind_of(found.value));

  const std::string_view number = is_string ? found.value.string() : found.value.raw;
  const auto shown = is_string ? in_quotes(number) : std::string{number.substr(0, quoted_most)};
  if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos)
    return reject("{} is {}; it must be a whole number from 0", label(found), shown);
  std::int64_t sequence = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), sequence);
  if (error != std::errc{} || sequence > sequence_most)
    return reject("{} is {}; the most is {}", label(found), shown, sequence_most);
  return SequenceNumber{sequence};
}

Checked<std::string_view> read_base64(const Found& found, TextStore& store) {
  if (!found.value.is_string())
    return reject("{} is {}; it must be a string", label(found), kind_of(found.value));
  const std::string_view text = found.value.string();
  char* const room = store.room(base64_room(text));
  if (const auto size = decode_base64(text, room)) return std::string_view{room, *size};
  return reject("{} is not base64 (RFC 4648, with padding)", label(found));
}

}  // namespace dispatch::ingest
