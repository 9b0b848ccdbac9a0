#include "operations/subscriptions/subscription_file.hpp"

#include "base/system/fd.hpp"
#include "base/text/json.hpp"
#include "base/text/suggestion.hpp"
#include "base/text/units.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/line/fields.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "policy/rate.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <set>
#include <utility>

namespace dispatch::operations {
namespace {

using ingest::in_quotes;
using ingest::Value;

constexpr std::size_t file_most = std::size_t{16} * 1024 * 1024;

Result<std::string> as_text(const Value& value) {
  if (!value.is_string()) return misuse("it is {}; it must be a string", ingest::kind_of(value));
  if (ingest::has_half_pair(value.raw)) return misuse("it holds half a surrogate pair");
  return std::string{value.string()};
}

/// A number, or a string that holds one.
Result<std::string> as_number(const Value& value) {
  return value.is_number() ? std::string{value.raw} : as_text(value);
}

Result<bool> as_truth(const Value& value) {
  if (value.raw != "true" && value.raw != "false")
    return misuse("it is {}; it must be true or false", ingest::kind_of(value));
  return value.raw == "true";
}

Result<std::vector<std::string>> as_texts(const Value& value) {
  if (!value.is_array()) return misuse("it is {}; it must be an array of strings", ingest::kind_of(value));
  std::vector<std::string> texts;
  Result<> all;
  ingest::for_each_element(value, [&](const Value& element) {
    auto text = as_text(element);
    if (text)
      texts.push_back(std::move(*text));
    else if (all)
      all = tl::unexpected(std::move(text).error());
  });
  DISPATCH_TRY(all);
  return texts;
}

/// Puts what `read` makes of the value where it belongs.
template <class T, class U>
Result<> put(T& into, Result<U> read) {
  if (!read) return tl::unexpected(std::move(read).error());
  into = std::move(*read);
  return {};
}

template <class Parse>
auto then(const Result<std::string>& text, Parse parse) -> decltype(parse(std::string_view{})) {
  if (!text) return tl::unexpected(text.error());
  return parse(*text);
}

Result<> put_secret(SecretSource& source, std::string SecretSource::*kind, Result<std::string> name) {
  if (!name) return tl::unexpected(std::move(name).error());
  if (name->empty()) return misuse("it is empty");
  if (source.given()) return misuse("only one of secret_file, secret_env and secret_command can be given");
  source.*kind = std::move(*name);
  return {};
}

struct Key {
  std::string_view name;
  Result<> (*read)(Declared& into, const Value& value);
};

constexpr std::array keys{
    Key{"id", [](Declared& into, const Value& value) { return put(into.subscription.id, as_text(value)); }},
    Key{"url", [](Declared& into, const Value& value) { return put(into.subscription.url, as_text(value)); }},
    Key{"types", [](Declared& into,
                    const Value& value) { return put(into.subscription.event_types, as_texts(value)); }},
    Key{"filter",
        [](Declared& into, const Value& value) { return put(into.subscription.filter, as_text(value)); }},
    Key{"transform",
        [](Declared& into, const Value& value) { return put(into.subscription.transform, as_text(value)); }},
    Key{"body",
        [](Declared& into, const Value& value) {
          return put(into.subscription.body, then(as_text(value), parse_body_mode));
        }},
    Key{"headers",
        [](Declared& into, const Value& value) {
          if (!value.is_object())
            return Result<>{misuse("it is {}; it must be an object of strings", ingest::kind_of(value))};
          return put(into.subscription.headers, headers_from_json(value.raw));
        }},
    Key{"rate",
        [](Declared& into, const Value& value) {
          return put(into.subscription.rate, then(as_text(value), policy::parse_rate));
        }},
    Key{"concurrency",
        [](Declared& into, const Value& value) {
          return put(into.subscription.concurrency, then(as_number(value), parse_concurrency));
        }},
    Key{"timeout",
        [](Declared& into, const Value& value) {
          return put(into.subscription.timeout, then(as_text(value), parse_timeout));
        }},
    Key{"attempts",
        [](Declared& into, const Value& value) {
          return put(into.subscription.attempts, then(as_number(value), parse_attempts));
        }},
    Key{"on_status",
        [](Declared& into, const Value& value) {
          return put(into.subscription.statuses, then(as_text(value), parse_statuses));
        }},
    Key{"deny_private",
        [](Declared& into, const Value& value) {
          return put(into.subscription.deny_private, as_truth(value));
        }},
    Key{"secret_file",
        [](Declared& into, const Value& value) {
          return put_secret(into.secret, &SecretSource::file, as_text(value));
        }},
    Key{"secret_env",
        [](Declared& into, const Value& value) {
          return put_secret(into.secret, &SecretSource::environment, as_text(value));
        }},
    Key{"secret_command",
        [](Declared& into, const Value& value) {
          return put_secret(into.secret, &SecretSource::command, as_text(value));
        }},
    Key{"secret_keep",
        [](Declared& into, const Value& value) {
          return put(into.secret_keep, then(as_text(value), parse_duration));
        }},
};

tl::unexpected<Error> unknown_key(std::string_view name) {
  std::vector<std::string> known;
  known.reserve(keys.size());
  for (const auto& key : keys) known.emplace_back(key.name);
  if (name == "secret")
    return misuse("the file must not hold a secret; use secret_file, secret_env or secret_command");
  return misuse("there is no key {}{}", in_quotes(name), did_you_mean(name, known));
}

Result<Declared> read_one(const Value& object, UrlSchemes schemes) {
  if (!object.is_object()) return misuse("it is {}; it must be an object", ingest::kind_of(object));
  Declared declared;
  std::set<std::string, std::less<>> seen;
  Result<> all;
  ingest::for_each_member(object, [&](std::string_view name, const Value& value) {
    if (!all) return;
    const auto* const key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& one) { return one.name == name; });
    if (key == keys.end()) {
      all = unknown_key(name);
    } else if (!seen.emplace(name).second) {
      all = misuse("duplicate key {}", name);
    } else if (auto read = key->read(declared, value); !read) {
      all = misuse("{}: {}", name, read.error().message);
    }
  });
  DISPATCH_TRY(all);
  for (const std::string_view needed : {"id", "url", "types"})
    if (!seen.contains(needed)) return misuse("the key {} is missing", needed);
  DISPATCH_TRY(settle_definition(declared.subscription, schemes));
  return declared;
}

/// "subscription 3 (billing)": the id as far as it can be told.
std::string name_of(const Value& object, std::size_t number) {
  std::string name = fmt::format("subscription {}", number);
  if (!object.is_object()) return name;
  ingest::for_each_member(object, [&](std::string_view key, const Value& value) {
    if (key == "id" && value.is_string()) name += fmt::format(" ({})", in_quotes(value.string()));
  });
  return name;
}

Result<> read_all(const Value& array, UrlSchemes schemes, std::vector<Declared>& all) {
  if (!array.is_array())
    return misuse("subscriptions is {}; it must be an array of objects", ingest::kind_of(array));
  Result<> result;
  std::set<std::string> ids;
  std::size_t number = 0;
  ingest::for_each_element(array, [&](const Value& element) {
    ++number;
    if (!result) return;
    auto one = read_one(element, schemes);
    if (!one) {
      result = tl::unexpected(
          Error{one.error().failure, fmt::format("{}: {}", name_of(element, number), one.error().message)});
    } else if (!ids.insert(one->subscription.id).second) {
      result = misuse("{}: duplicate id", name_of(element, number));
    } else {
      all.push_back(std::move(*one));
    }
  });
  return result;
}

/// "line 3, byte 7"
std::string place_of(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, at);
  const auto line_begin = before.rfind('\n') + 1;  // 0 where there is none
  return fmt::format("line {}, byte {}", std::count(before.begin(), before.end(), '\n') + 1,
                     at - line_begin + 1);
}

Result<> check_json(std::string_view text) {
  if (const auto at = json_fault(text))
    return misuse("{}: this is not JSON, or something is missing before it", place_of(text, *at));
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (text[begin] != '{') return misuse("it must be a JSON object with the key subscriptions");
  return {};
}

}  // namespace

Result<std::vector<Declared>> parse_subscriptions(std::string_view text, const std::filesystem::path& folder,
                                                  UrlSchemes schemes) {
  DISPATCH_TRY(check_json(text));
  std::string padded{text};
  padded.append(ingest::frame_padding, ' ');
  ingest::DocumentParser parser;
  const auto document = parser.parse(std::string_view{padded}.substr(0, text.size()));
  if (!document) return misuse("{}", document.error());

  std::vector<Declared> all;
  std::size_t lists = 0;
  Result<> result;
  ingest::for_each_member(*document, [&](std::string_view name, const Value& value) {
    if (!result) return;
    if (name != "subscriptions")
      result = misuse("there is no key {} beside subscriptions", in_quotes(name));
    else if (++lists > 1)
      result = misuse("duplicate key subscriptions");
    else
      result = read_all(value, schemes, all);
  });
  DISPATCH_TRY(result);
  if (lists == 0) return misuse("the key subscriptions is missing");
  for (auto& one : all)
    if (!one.secret.file.empty()) one.secret.file = (folder / one.secret.file).lexically_normal().string();
  return all;
}

Result<std::vector<Declared>> read_subscriptions(const std::filesystem::path& file, UrlSchemes schemes) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> input{std::fopen(file.c_str(), "re"), &std::fclose};
  if (!input) return misuse("cannot read the subscriptions in {}: {}", file.string(), errno_text(errno));
  std::string text(file_most + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), input.get()));
  if (std::ferror(input.get()) != 0)
    return misuse("cannot read the subscriptions in {}: {}", file.string(), errno_text(errno));
  if (text.size() > file_most)
    return misuse("{} is larger than {}, the most for a subscriptions file", file.string(),
                  format_size(file_most));
  auto all = parse_subscriptions(text, file.parent_path(), schemes);
  if (!all)
    return tl::unexpected(Error{all.error().failure, fmt::format("{}: {}; see dispatch-subscriptions(5)",
                                                                 file.string(), all.error().message)});
  return all;
}

}  // namespace dispatch::operations
