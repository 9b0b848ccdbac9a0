// Compressed input and UTF-16: text that was compressed comes back however it arrives and however it was cut
// into members; of rubbish comes the same text or the same error whatever the sizes of the reads.

#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "ingest/source/compression/decompressed_source.hpp"
#include "ingest/source/text_source.hpp"
#include "support/compress.hpp"
#include "support/pieces_source.hpp"

#include <memory>
#include <optional>
#include <string>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

constexpr std::size_t output_most = 4'000'000;

struct Text {
  std::string text;
  std::optional<std::string> error;
  bool operator==(const Text&) const = default;
};

void check_warning(const std::string& warning) {
  PROPERTY(is_fit_to_show(warning));
}

Text read_all(Source& source, std::size_t step, std::size_t read_size) {
  Text all;
  std::string buffer(read_size, '\0');
  while (all.text.size() < output_most) {
    if (step % 2 == 0) source.ready();  // may or may not be asked, and changes nothing
    const auto got = source.read(buffer);
    if (!got) {
      all.error = got.error().message;
      PROPERTY(is_fit_to_show(*all.error));
      const auto again = source.read(buffer);
      PROPERTY(!again && again.error().message == *all.error);
      break;
    }
    PROPERTY(*got <= buffer.size());
    if (*got == 0) break;
    all.text.append(buffer, 0, *got);
  }
  return all;
}

Text read_text(std::string_view bytes, std::size_t step, std::size_t read_size) {
  TextSource source{
      std::make_unique<PiecesSource>(std::string{bytes}, step, PiecesSource::Ready::every_other_time),
      check_warning};
  return read_all(source, step, read_size);
}

Text decompress(Codec codec, std::string_view bytes, std::size_t step, std::size_t read_size) {
  for (const auto& compression : compressions()) {
    if (compression.name != name_of(codec)) continue;
    DecompressedSource source{
        std::make_unique<PiecesSource>(std::string{bytes}, step, PiecesSource::Ready::every_other_time),
        compression, check_warning};
    return read_all(source, step, read_size);
  }
  PROPERTY(false);
  return {};
}

/// The same text; of corrupt data, of which a decoder gives more or less before it sees that, one begins the
/// other.
void check_alike(const Text& whole, const Text& pieces) {
  if (whole.text.size() >= output_most || pieces.text.size() >= output_most) return;
  PROPERTY(whole.error.has_value() == pieces.error.has_value());
  PROPERTY(whole.text == pieces.text ||
           (whole.error && (whole.text.starts_with(pieces.text) || pieces.text.starts_with(whole.text))));
}

/// Two members, one behind the other, whole and cut short.
void check_whole(Codec codec, std::string_view text, std::size_t step, std::size_t cut) {
  const std::size_t half = text.size() * (cut & 0x0F) / 15;
  const std::string first = compress(codec, text.substr(0, half));
  const std::string bytes = first + compress(codec, text.substr(half));
  PROPERTY(decompress(codec, bytes, step, 1 + cut) == Text{std::string{text}, std::nullopt});

  const std::size_t left = cut * bytes.size() / 256;
  const auto torn = decompress(codec, bytes.substr(0, left), step, 1 + cut);
  PROPERTY(text.starts_with(torn.text));
  PROPERTY(torn.error.has_value() == (left != first.size()));
}

/// The rubbish itself, as the member that it is not.
void check_rubbish(Codec codec, std::string_view bytes, std::size_t step, std::size_t cut) {
  const auto whole = decompress(codec, bytes, bytes.size() + 1, 65536);
  const auto pieces = decompress(codec, bytes, step, 1 + cut * 16);
  check_alike(whole, pieces);
}

bool may_have_layers(std::string_view bytes) {
  for (const auto& compression : compressions())
    if (compression.begins(bytes) == Match::yes) return true;
  return bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t step = 1 + input.byte();
  const std::size_t cut = input.byte();
  const auto rest = input.rest();
  const auto whole = read_text(rest, rest.size() + 1, 65536);
  const auto pieces = read_text(rest, step, 1 + cut * 16);
  check_alike(whole, pieces);
  if (!may_have_layers(rest)) PROPERTY(whole == Text{std::string{rest}, std::nullopt});
  const Codec codec = codecs[step % codecs.size()];
  check_whole(codec, rest, step, cut);
  check_rubbish(codec, rest, step, cut);
  return 0;
}
