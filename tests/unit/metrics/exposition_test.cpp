#include "metrics/exposition.hpp"

#include "metrics/keys.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <set>

#include <doctest/doctest.h>

using namespace dispatch::metrics;

namespace {

constexpr std::array<std::string_view, 2> ways{"left", "right"};
constexpr std::array bounds{0.5, 1.0};
constexpr std::array some{
    Family{"a_total", Type::counter, "What came."},
    Family{"b_total", Type::counter, "What went.", "way", ways},
    Family{"c_seconds", Type::gauge, "How old.", "host"},
    Family{.name = "d_seconds", .type = Type::histogram, .help = "How long.", .bounds = bounds},
};

}  // namespace

TEST_CASE("what was never counted is shown at zero") {
  CHECK(
      exposition(some, {}, {}, Format::text) ==
      "# HELP a_total What came.\n# TYPE a_total counter\na_total 0\n"
      "# HELP b_total What went.\n# TYPE b_total counter\nb_total{way=\"left\"} 0\nb_total{way=\"right\"} 0\n"
      "# HELP c_seconds How old.\n# TYPE c_seconds gauge\n"
      "# HELP d_seconds How long.\n# TYPE d_seconds histogram\n"
      "d_seconds_bucket{le=\"0.5\"} 0\nd_seconds_bucket{le=\"1.0\"} 0\nd_seconds_bucket{le=\"+Inf\"} 0\n"
      "d_seconds_sum 0\nd_seconds_count 0\n");
}

TEST_CASE("counts and what is read stand under their families and buckets are added up") {
  KeyRegistry registry;
  const BucketKeys buckets{registry, "d_seconds", bounds};
  std::map<std::string, std::int64_t> counted{{"a_total", 3}, {"b_total{way=\"left\"}", 1}};
  for (const double value : {0.1, 0.5, 0.7, 1.0, 7.0}) ++counted[std::string{buckets.of(value)}];
  const std::vector<Sample> read{{"d_seconds_sum", 9.3},
                                 {labelled("c_seconds", "host", "b"), 2.5},
                                 {labelled("c_seconds", "host", "a"), 1}};
  CHECK(exposition(some, counted, read, Format::openmetrics) ==
        "# HELP a What came.\n# TYPE a counter\na_total 3\n"
        "# HELP b What went.\n# TYPE b counter\nb_total{way=\"left\"} 1\nb_total{way=\"right\"} 0\n"
        "# HELP c_seconds How old.\n# TYPE c_seconds gauge\nc_seconds{host=\"a\"} 1\nc_seconds{host=\"b\"} "
        "2.5\n"
        "# HELP d_seconds How long.\n# TYPE d_seconds histogram\n"
        "d_seconds_bucket{le=\"0.5\"} 2\nd_seconds_bucket{le=\"1.0\"} 4\nd_seconds_bucket{le=\"+Inf\"} 5\n"
        "d_seconds_sum 9.3\nd_seconds_count 5\n# EOF\n");
}

TEST_CASE("label values are escaped") {
  CHECK(labelled("n", "l", "a\"b\\c\nd") == "n{l=\"a\\\"b\\\\c\\nd\"}");
}

TEST_CASE("numbers are written as both formats have them") {
  CHECK(number_text(0.25) == "0.25");
  CHECK(number_text(3) == "3");
  CHECK(number_text(3, true) == "3.0");
  CHECK(number_text(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(number_text(std::nan("")) == "NaN");
}

TEST_CASE("the format is the one that is asked for") {
  CHECK(acceptable("") == Format::text);
  CHECK(acceptable("*/*") == Format::text);
  CHECK(acceptable("text/plain") == Format::text);
  CHECK(acceptable("application/openmetrics-text") == Format::openmetrics);
  CHECK(acceptable("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
                   "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == Format::openmetrics);
  CHECK(acceptable("text/plain, application/openmetrics-text; q=0.5") == Format::text);
  CHECK(acceptable("application/openmetrics-text; q=0") == Format::text);
  CHECK(acceptable(";;,, =;q=") == Format::text);
}

TEST_CASE("the program's families have names of their own and help") {
  std::set<std::string_view> names;
  for (const auto& family : families()) {
    CAPTURE(family.name);
    CHECK(names.insert(family.name).second);
    CHECK(family.name.starts_with("dispatch_"));
    CHECK(family.name.ends_with("_total") == (family.type == Type::counter));
    CHECK(family.help.ends_with('.'));
    CHECK(family.bounds.empty() == (family.type != Type::histogram));
  }
}
