#include "ingest/rejects/reject_record_writer.hpp"

#include "base/text/base64.hpp"
#include "base/text/json.hpp"
#include "base/text/utf8.hpp"

#include <utility>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

/// How many bytes at the end of `text` begin a sequence of UTF-8 that the next piece may complete: 0 to 3.
std::size_t open_sequence(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte > 0xF4 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/// True where JSON spells the bytes without spending six on one: UTF-8, and no control characters but tabs
/// and the ends of lines, which elements of JSON documents hold. Other bytes take four thirds of their size
/// in base64; as escapes a line of NULs would take six times its size.
bool is_plain_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F) return false;
    const bool high_control =
        byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (high_control) return false;
  }
  return is_utf8(text);
}

/// `text` as it stands inside a JSON string.
void append_escaped(std::string& out, std::string_view text) {
  std::string string;
  append_json_string(string, text);
  out += std::string_view{string}.substr(1, string.size() - 2);
}

}  // namespace

void RejectRecordWriter::write(const Reject& reject) {
  if (reject.first) finish();
  if (open_ == Open::none) begin(reject);
  add(reject.origin.text, reject.last);
  if (reject.last) end();
}

void RejectRecordWriter::finish() {
  if (open_ != Open::none) end();
}

void RejectRecordWriter::begin(const Reject& reject) {
  text_ += "{\"file\":";
  append_json_string(text_, reject.origin.name());
  text_ += fmt::format(",\"line\":{},\"reason\":", reject.origin.number);
  append_json_string(text_, reject.reason);
  open_ = Open::record;
}

void RejectRecordWriter::add(std::string_view piece, bool last) {
  std::string joined;
  if (!carry_.empty()) {
    joined = std::exchange(carry_, {});
    joined += piece;
    piece = joined;
  }
  if (open_ != Open::base64) {
    const std::size_t held = last ? 0 : open_sequence(piece);
    const auto text = piece.substr(0, piece.size() - held);
    if (is_plain_text(text)) {
      if (open_ == Open::record) text_ += ",\"text\":\"";
      open_ = Open::text;
      append_escaped(text_, text);
      carry_ = piece.substr(text.size());
      return;
    }
    text_ += open_ == Open::record ? ",\"text_base64\":\"" : "\",\"rest_base64\":\"";
    open_ = Open::base64;
  }
  const std::size_t held = last ? 0 : piece.size() % 3;
  append_base64(text_, piece.substr(0, piece.size() - held));
  carry_ = piece.substr(piece.size() - held);
}

void RejectRecordWriter::end() {
  if (!carry_.empty()) add({}, true);
  text_ += "\"}\n";
  open_ = Open::none;
}

}  // namespace dispatch::ingest
