// The command line that all benches share.
#include "harness/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <sstream>
#include <string_view>

namespace coppice::bench {
namespace {

constexpr const char* help =
    "usage: bench_TASK [--quick] [--threads T] [--n N] [--json FILE] [--share DIR] [--only A,B] [--datasets A,B]\n"
    "Environment: COPPICE_DATA=DIR  real data sets (default: ../shared/data; left out when absent)\n";

[[noreturn]] void refuse(const std::string& mistake) {
  std::fprintf(stderr, "error: %s\n%s", mistake.c_str(), help);
  std::exit(2);
}

std::size_t number(std::string_view option, std::string_view text, std::size_t least) {
  std::size_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || value < least)
    refuse(std::string(option) + " " + std::string(text) + ": expected a whole number of at least " +
           std::to_string(least));
  return value;
}

std::vector<std::string> names(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

bool Options::takes_part(const std::string& contestant) const {
  return holds(only, contestant);
}
bool Options::uses(const std::string& dataset) const {
  return holds(datasets, dataset);
}
bool Options::asks_for(const std::string& dataset) const {
  return !datasets.empty() && uses(dataset);
}

Options read_options(int argc, char** argv, const DefaultSizes& sizes) {
  Options options;
  const char* data = std::getenv("COPPICE_DATA");
  options.data = data != nullptr ? data : "../shared/data";
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "-h" || option == "--help") {
      std::fputs(help, stdout);
      std::exit(0);
    }
    if (option == "--quick") {
      options.quick = true;
      continue;
    }
    if (i + 1 == argc) refuse(option + ": unknown, or its value is missing");
    const std::string value = argv[++i];
    if (option == "--threads")
      options.threads = static_cast<int>(number(option, value, 1));
    else if (option == "--n")
      options.sizes = {number(option, value, 100)};
    else if (option == "--json")
      options.json = value;
    else if (option == "--share")
      options.share = value;
    else if (option == "--only")
      options.only = names(value);
    else if (option == "--datasets")
      options.datasets = names(value);
    else
      refuse(option + ": unknown option");
  }
  if (options.sizes.empty()) options.sizes = options.quick ? sizes.quick : sizes.full;
  return options;
}

int run_bench(int argc, char** argv, int (*run)(const Options& options), const DefaultSizes& sizes) {
  try {
    return run(read_options(argc, argv, sizes));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "error: %s\n", failure.what());
    return 1;
  }
}

}  // namespace coppice::bench
