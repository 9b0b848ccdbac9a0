#include "base/text/json.hpp"
#include "base/text/utf8.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("well-formed UTF-8 is told from what is not") {
  for (const char* text :
       {"", "plain", "gr\xC3\xBC\xC3\x9F", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
    CHECK(is_utf8(text));
  for (const char* text :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("bytes that are not UTF-8 are replaced one by one") {
  CHECK(to_utf8("a\x80"
                "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(to_utf8("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("JSON strings escape what JSON wants escaped") {
  std::string out;
  append_json_string(out, std::string_view{"a\"b\\c\n\r\t\x01\0z", 11});
  CHECK(out == R"("a\"b\\c\n\r\t\u0001\u0000z")");
}

TEST_CASE("JSON strings escape what a terminal would obey") {
  std::string out;
  append_json_string(out,
                     "\x7F\xC2\x9B"
                     "31m\xC2\xA0\xC3\xBC");
  CHECK(out ==
        "\"\\u007f\\u009b"
        "31m\xC2\xA0\xC3\xBC\"");
}

TEST_CASE("JSON objects keep their keys in the order added") {
  std::string out;
  {
    JsonObject object{out};
    object.add("text", "x")
        .add("count", 3)
        .add("share", 0.5)
        .add("on", true)
        .add_null("none")
        .add_raw("raw", "[1]");
    object.add("absent", std::optional<std::int64_t>{});
  }
  CHECK(out == R"({"text":"x","count":3,"share":0.5,"on":true,"none":null,"raw":[1],"absent":null})");
}

TEST_CASE("JSON is told from what is not") {
  for (const char* text : {"{}", " [ ] ", "0", "-0.5e+10", "123456789012345678901234567890", "null", "\"\"",
                           R"("\ud800 \u00fc \\ \" \/")", "[[],{},[{}]]", "[1 , 2]",
                           "{\"a\":1,\"a\":[true,false]}", "\t{ \"a\" : { \"b\" : [ ] } , \"c\" : 1 }\r\n"})
    CHECK_MESSAGE(is_json(text), text);
  for (const char* text :
       {"",          " ",     "{",    "}",   "[1,]", "[,1]",      "{\"a\"}",  "{\"a\":}",    "{\"a\":1,}",
        "{a:1}",     "{1:1}", "01",   "1.",  ".5",   "-",         "+1",       "1e",          "1e+",
        "nul",       "nullx", "True", "'a'", "\"",   "\"\n\"",    R"("\x")",  R"("\u12g4")", "1 2",
        "1,\"x\":2", "{}}",   "[1]]", "[}",  "{]",   "{\"a\":1]", "\"\xff\"", "NaN"})
    CHECK_MESSAGE(!is_json(text), text);
  const std::string deep(1'000'000, '[');
  CHECK(is_json(deep + std::string(1'000'000, ']')));
  CHECK_FALSE(is_json(deep));
  CHECK_FALSE(is_json(std::string_view{"1\0", 2}));
}

TEST_CASE("what is not JSON is told from the place where it stops being so") {
  CHECK_FALSE(json_fault(" {\"a\": [1, 2]} "));
  CHECK(json_fault("{\"a\": [1,]}") == 9);
  CHECK(json_fault("{\"a\": 1} {") == 9);
  CHECK(json_fault("{\"a\": 1") == 7);
  CHECK(json_fault("[\"open") == 6);
  CHECK(json_fault("") == 0);
  CHECK(json_fault("[\"\xff\"]") == 2);
  CHECK(json_fault("[\"\xc3") == 2);
}

TEST_CASE("a long text is cut between characters and ends in three dots") {
  CHECK(shortened("abcdef", 6) == "abcdef");
  CHECK(shortened("abcdefg", 6) == "abc...");
  CHECK(shortened("ab\u00fcdefg", 6) == "ab...");
  CHECK(shortened("a\U0001F600bcdef", 7) == "a...");
  CHECK(shortened("a\U0001F600bcdef", 8) == "a\U0001F600...");
  CHECK(shortened(std::string(10, '\x80'), 6).size() <= 6);
  CHECK(shortened("abcd", 3) == "...");
}
