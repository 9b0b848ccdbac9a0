#include "ingest/rejects/reject_record.hpp"

#include "base/text/base64.hpp"
#include "ingest/framing/frame.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace dispatch::ingest {
namespace {

/// What can be said without parsing the line; true for few lines but records.
bool may_be_record(std::string_view line) {
  constexpr std::string_view space = " \t\r\n", first_member = "\"file\"";
  const auto open = line.find_first_not_of(space);
  if (open == std::string_view::npos || line[open] != '{') return false;
  const auto name = line.find_first_not_of(space, open + 1);
  return name != std::string_view::npos && line.substr(name).starts_with(first_member);
}

/// The members of a record; each at most once.
struct Members {
  std::optional<Value> file, line, reason, text, text_base64, rest_base64;
  bool others = false;

  explicit Members(const Value& object) {
    for_each_member(object, [&](std::string_view name, const Value& value) { note(name, value); });
  }
  bool are_a_record() const {
    const bool one_text = text ? !text_base64 : text_base64 && !rest_base64;
    return !others && is_text(file) && is_text(reason) && one_text && (!text || is_text(text)) &&
           (!text_base64 || is_text(text_base64)) && (!rest_base64 || is_text(rest_base64)) && line &&
           is_integer(line->raw);
  }

 private:
  void note(std::string_view name, const Value& value) {
    const std::array<std::pair<std::string_view, std::optional<Value>*>, 6> known{{
        {"file", &file},
        {"line", &line},
        {"reason", &reason},
        {"text", &text},
        {"text_base64", &text_base64},
        {"rest_base64", &rest_base64},
    }};
    for (const auto& [known_name, place] : known) {
      if (known_name != name) continue;
      others = others || *place;
      *place = value;
      return;
    }
    others = true;
  }
  static bool is_text(const std::optional<Value>& value) {
    return value && value->is_string() && !has_half_pair(value->raw);
  }
};

}  // namespace

std::optional<RejectRecord> RejectRecordReader::read(std::string_view line, TextStore& store) {
  auto record = unwrap(line, store);
  if (!record) return std::nullopt;
  while (auto inner = unwrap(record->text, store)) record = std::move(inner);
  return record;
}

std::optional<RejectRecord> RejectRecordReader::unwrap(std::string_view line, TextStore& store) {
  if (!may_be_record(line)) return std::nullopt;
  const auto object = parser_.parse(line);
  if (!object) return std::nullopt;
  const Members members{*object};
  if (!members.are_a_record()) return std::nullopt;
  std::uint64_t number = 0;
  if (members.line->meaning.get_uint64().get(number) != simdjson::SUCCESS) return std::nullopt;

  const std::string_view plain = members.text ? members.text->string() : std::string_view{};
  const auto& encoded = members.text ? members.rest_base64 : members.text_base64;
  const std::string_view base64 = encoded ? encoded->string() : std::string_view{};
  char* const text = store.room(plain.size() + base64_room(base64) + frame_padding);
  if (!plain.empty()) std::memcpy(text, plain.data(), plain.size());
  const auto decoded = decode_base64(base64, text + plain.size());
  if (!decoded) return std::nullopt;
  const std::size_t size = plain.size() + *decoded;
  std::memset(text + size, ' ', frame_padding);
  return RejectRecord{std::string{members.file->string()}, number, {text, size}};
}

}  // namespace dispatch::ingest
