#pragma once

#include "base/system/fd.hpp"
#include "ingest/source/source.hpp"

#include <cstdint>
#include <string>

namespace dispatch::ingest {

/// A regular file, read from its descriptor's current offset to the end.
class FileSource final : public Source {
 public:
  FileSource(std::string name, Fd file) : name_(std::move(name)), file_(std::move(file)) {}

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override { return true; }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  Fd file_;
};

}  // namespace dispatch::ingest
