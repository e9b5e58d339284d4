// Real files of $COPPICE_DATA (default ../shared/data), for tests that are skipped where they are not there.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "not there: " << path

namespace coppice::test {

inline std::filesystem::path real_data(const std::string& name) {
  const char* const folder = std::getenv("COPPICE_DATA");
  return std::filesystem::path(folder != nullptr ? folder : "../shared/data") / name;
}

}  // namespace coppice::test
