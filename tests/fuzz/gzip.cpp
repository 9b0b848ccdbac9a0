// Compressed input: text that was compressed comes back however it arrives and however it was cut into
// members; of rubbish comes the same text or the same error whatever the sizes of the reads.

#include "fuzz/input.hpp"
#include "fuzz/one_line.hpp"
#include "fuzz/pieces_source.hpp"
#include "fuzz/property.hpp"
#include "ingest/source_gzip.hpp"

#include <optional>
#include <string>

#include <zlib.h>

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

Text read_all(std::string_view bytes, std::size_t step, std::size_t read_size) {
  const auto source = decompressed(std::make_unique<PiecesSource>(std::string{bytes}, step));
  Text all;
  std::string buffer(read_size, '\0');
  while (all.text.size() < output_most) {
    if (step % 2 == 0) source->ready();  // may or may not be asked, and changes nothing
    const auto got = source->read(buffer);
    if (!got) {
      all.error = got.error().message;
      PROPERTY(is_fit_to_show(*all.error));
      const auto again = source->read(buffer);
      PROPERTY(!again && again.error().message == *all.error);
      break;
    }
    PROPERTY(*got <= buffer.size());
    if (*got == 0) break;
    all.text.append(buffer, 0, *got);
  }
  return all;
}

std::string member(std::string_view text) {
  z_stream stream{};
  constexpr int gzip = 16;
  PROPERTY(deflateInit2(&stream, 1, Z_DEFLATED, MAX_WBITS + gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  PROPERTY(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

void check_whole(std::string_view text, std::size_t step, std::size_t cut) {
  const std::size_t half = text.size() * (cut & 0x0F) / 15;
  const std::string first = member(text.substr(0, half));
  const std::string bytes = first + member(text.substr(half));
  PROPERTY(read_all(bytes, step, 1 + cut) == Text{std::string{text}, std::nullopt});

  const std::size_t left = cut * bytes.size() / 256;
  const auto torn = read_all(bytes.substr(0, left), step, 1 + cut);
  PROPERTY(text.starts_with(torn.text) || left < 2);
  PROPERTY(torn.error.has_value() == (left >= 2 && left != first.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t step = 1 + input.byte();
  const std::size_t cut = input.byte();
  const auto rest = input.rest();
  const auto whole = read_all(rest, rest.size() + 1, 65536);
  const auto pieces = read_all(rest, step, 1 + cut * 16);
  if (whole.text.size() < output_most) PROPERTY(whole.text == pieces.text);
  if (whole.text.size() < output_most) PROPERTY(whole.error.has_value() == pieces.error.has_value());
  if (!(rest.size() >= 2 && rest[0] == '\x1f' && rest[1] == '\x8b'))
    PROPERTY(whole == Text{std::string{rest}, std::nullopt});
  check_whole(rest, step, cut);
  return 0;
}
