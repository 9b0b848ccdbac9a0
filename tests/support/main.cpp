#define DOCTEST_CONFIG_IMPLEMENT
#include "base/jq.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
  dispatch::serve_jq_if_asked(argc, argv);
  return doctest::Context{argc, argv}.run();
}
