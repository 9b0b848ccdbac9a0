#include "ingest/format/foreign_format.hpp"

#include "ingest/format/yaml_sight.hpp"
#include "ingest/source/compression/compression.hpp"
#include "ingest/source/text_source.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t at;  ///< where it is not 0, there is a NUL before it
  std::string_view bytes;
  std::string_view what;
  std::string_view command;
  std::string_view piped_command;
};

constexpr std::array signatures{
    Signature{0, "PK\x03\x04", "a zip archive", "unzip -p", "funzip"},
    Signature{0, "PK\x05\x06", "an empty zip archive", "", ""},
    Signature{0, "PK\x07\x08", "a zip archive", "unzip -p", "funzip"},
    Signature{257, "ustar", "a tar archive", "tar -xOf", "tar -xOf -"},
    Signature{0, "7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "7z x -so", ""},
    Signature{0, "Rar!\x1A\x07", "a rar archive", "unrar p -inul", ""},
    Signature{0, "\x1F\x9D", "compressed with compress", "gzip -dc", "gzip -dc"},
    Signature{0, "\x5D\x00\x00"sv, "compressed with lzma", "xz -dc", "xz -dc"},
    Signature{0, "\x04\x22\x4D\x18", "compressed with lz4", "lz4 -dc", "lz4 -dc"},
    Signature{0, "LZIP\x01", "compressed with lzip", "lzip -dc", "lzip -dc"},
    Signature{0, "\x89LZO\0\r\n"sv, "compressed with lzop", "lzop -dc", "lzop -dc"},
    Signature{0, "\xFF\x06\x00\x00sNaPpY"sv, "compressed with snappy", "snzip -dc", "snzip -dc"},
    Signature{0, "\xFF\xFE\x00\x00"sv, "UTF-32", "iconv -f UTF-32 -t UTF-8", "iconv -f UTF-32 -t UTF-8"},
    Signature{0, "\x00\x00\xFE\xFF"sv, "UTF-32", "iconv -f UTF-32 -t UTF-8", "iconv -f UTF-32 -t UTF-8"},
    Signature{0, "{\0"sv, "UTF-16 without a byte-order mark", "iconv -f UTF-16LE -t UTF-8",
              "iconv -f UTF-16LE -t UTF-8"},
    Signature{0, "[\0"sv, "UTF-16 without a byte-order mark", "iconv -f UTF-16LE -t UTF-8",
              "iconv -f UTF-16LE -t UTF-8"},
    Signature{0, "\0{\0"sv, "UTF-16 without a byte-order mark", "iconv -f UTF-16BE -t UTF-8",
              "iconv -f UTF-16BE -t UTF-8"},
    Signature{0, "\0[\0"sv, "UTF-16 without a byte-order mark", "iconv -f UTF-16BE -t UTF-8",
              "iconv -f UTF-16BE -t UTF-8"},
    Signature{0, "PAR1", "Parquet", "", ""},
    Signature{0, "Obj\x01", "Avro", "avro-tools tojson", ""},
    Signature{0, "ORC", "ORC", "", ""},
    Signature{0, "ARROW1", "Arrow", "", ""},
    Signature{0, "SQLite format 3\0"sv, "an SQLite database", "", ""},
    Signature{0, "%PDF-", "PDF", "", ""},
    Signature{0, "\x89PNG\r\n", "an image", "", ""},
    Signature{0, "\xFF\xD8\xFF", "an image", "", ""},
    Signature{0,
              "\x7F"
              "ELF",
              "a program", "", ""},
    Signature{0, "\xD0\xCF\x11\xE0", "a document of Microsoft Office", "", ""}};

std::vector<std::string_view> first_lines(std::string_view text, std::size_t most) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < most) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// How many fields `line` has where `separator` separates them; within double quotes it does not.
std::size_t fields_in(std::string_view line, char separator) {
  std::size_t fields = 1;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) ++fields;
  }
  return fields;
}

/// True where most lines have as many fields as the first one, and that has some. A quoted field may be
/// spread over lines.
bool is_table(const std::vector<std::string_view>& lines, char separator) {
  constexpr std::size_t share = 5;  // one line of five may differ
  const std::size_t fields = fields_in(lines.front(), separator);
  if (lines.size() < 2 || fields < 2) return false;
  const auto others = std::count_if(lines.begin(), lines.end(), [&](std::string_view line) {
    return fields_in(line, separator) != fields;
  });
  return static_cast<std::size_t>(others) * share <= lines.size();
}

}  // namespace

std::optional<ForeignFormat> foreign_by_first_bytes(std::string_view seen) {
  for (const auto& signature : signatures)
    if (seen.size() >= signature.at && seen.substr(signature.at).starts_with(signature.bytes) &&
        (signature.at == 0 || seen.substr(0, signature.at).find('\0') != std::string_view::npos))
      return ForeignFormat{std::string{signature.what}, signature.command, signature.piped_command};
  for (const auto& compression : compressions())
    if (compression.begins(seen) == Match::yes)
      return ForeignFormat{fmt::format("compressed more than {} times", TextSource::layers_most),
                           compression.decompressor, compression.decompressor};
  return std::nullopt;
}

std::optional<ForeignFormat> foreign_yaml(std::string_view seen) {
  const auto yaml = yaml_by_looks(seen);
  if (yaml == Yaml::none) return std::nullopt;
  const std::string_view command = yaml == Yaml::list ? "yq -c '.[]'" : "yq -c .";
  return ForeignFormat{"YAML", command, command, "yq 4 takes -o=json -I=0 instead of -c", true};
}

bool begins_binary(std::string_view seen) {
  constexpr std::size_t enough = 512;
  const auto begin = seen.substr(0, enough);
  return begin.size() == enough && begin.find('\0') != std::string_view::npos &&
         begin.find('\n') == std::string_view::npos;
}

ForeignFormat foreign_by_looks(std::string_view seen) {
  constexpr std::size_t sample = 40;
  const auto lines = first_lines(seen, sample);
  if (seen.find('\0') != std::string_view::npos) return {"binary data"};
  if (lines.empty()) return {"text without lines"};
  const auto first = lines.front().substr(lines.front().find_first_not_of(" \t"));
  if (first.starts_with('<')) return {"XML or HTML", "xq -c .", "xq -c .", {}, true};
  if (is_table(lines, ',')) return {"CSV", "mlr --icsv --ojsonl cat", "mlr --icsv --ojsonl cat", {}, true};
  if (is_table(lines, '\t'))
    return {"tab-separated text", "mlr --itsv --ojsonl cat", "mlr --itsv --ojsonl cat", {}, true};
  if (is_table(lines, ';'))
    return {"CSV with semicolons",
            "mlr --icsv --ifs ';' --ojsonl cat",
            "mlr --icsv --ifs ';' --ojsonl cat",
            {},
            true};
  return {"text of which no line is a JSON object", {}, {}, {}, true};
}

}  // namespace dispatch::ingest
