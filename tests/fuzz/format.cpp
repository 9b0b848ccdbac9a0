// What a text is told to be: the same however it arrives, and nothing is refused that begins with a whole
// object.

#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "ingest/format/format_detector.hpp"

#include <algorithm>
#include <string>

using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

constexpr std::size_t text_most = 60'000;  // less than what is looked at in any case
constexpr std::size_t line_most = 1'000'000;

FormatDetector::Format tell(std::string_view text, std::size_t step, bool documents) {
  FormatDetector detector{line_most, documents};
  auto format = FormatDetector::Format::undecided;
  for (std::size_t size = std::min(step, text.size()); format == FormatDetector::Format::undecided;
       size = std::min(size + step, text.size())) {
    format = detector.look(text.substr(0, size), false);
    if (size == text.size()) break;
  }
  if (format == FormatDetector::Format::undecided) format = detector.look(text, true);
  PROPERTY(format != FormatDetector::Format::undecided);
  if (format == FormatDetector::Format::foreign) PROPERTY(is_fit_to_show(detector.foreign().what));
  return format;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t step = 1 + input.byte();
  const bool documents = input.byte() % 4 == 3;
  const auto text = input.rest().substr(0, text_most);
  if (text.find("ustar") != std::string_view::npos)
    return 0;  // known only by what stands behind a first line
  const auto whole = tell(text, text.size() + 1, documents);
  PROPERTY(tell(text, step, documents) == whole);
  PROPERTY(tell(text, 1, documents) == whole);
  const auto first = text.substr(0, text.find('\n'));
  if (!documents && is_whole_object(first)) PROPERTY(whole == FormatDetector::Format::lines);
  if (documents) PROPERTY(whole != FormatDetector::Format::sequence);
  return 0;
}
