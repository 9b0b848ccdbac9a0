#define DOCTEST_CONFIG_IMPLEMENT
#include "jq/program.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
  dispatch::jq::serve_if_asked(argc, argv);
  return doctest::Context{argc, argv}.run();
}
