// How each set is made or read.
#include "tasks/highdim/sets.hpp"

#include <zlib.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace coppice::bench {
namespace {

std::filesystem::path images_of(const Options& options) {
  return options.data / "fashion_mnist" / "train-images-idx3-ubyte.gz";
}

/// The images of an IDX file (magic 2051, count, rows, columns, big-endian; then bytes), one a row.
Points<Real> images(const std::filesystem::path& path, std::size_t n) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error(path.string() + ": cannot be read");
  const auto close = std::shared_ptr<gzFile_s>(file, gzclose);
  const auto read = [&](std::vector<unsigned char>& bytes) {
    if (gzread(file, bytes.data(), static_cast<unsigned>(bytes.size())) != static_cast<int>(bytes.size()))
      throw std::runtime_error(path.string() + ": is cut short");
  };
  std::vector<unsigned char> head(16);
  read(head);
  const auto number = [&](std::size_t at) {
    return std::size_t{head[at]} << 24 | std::size_t{head[at + 1]} << 16 | std::size_t{head[at + 2]} << 8 |
           head[at + 3];
  };
  if (number(0) != 2051 || number(8) * number(12) != dimension)
    throw std::runtime_error(path.string() + ": expected images of " + std::to_string(dimension) + " bytes");
  const std::size_t all = number(4), kept = std::min(n, all);
  Points<Real> points{{}, dimension};
  points.coordinates.reserve(kept * dimension);
  std::vector<unsigned char> image(dimension);
  for (std::size_t i = 0; i < all && points.size() < kept; ++i) {
    read(image);
    if (i == points.size() * all / kept)
      points.coordinates.insert(points.coordinates.end(), image.begin(), image.end());
  }
  return points;
}

/// Points near a curved sheet of few dimensions, as images and embeddings are: 24 latent coordinates around one of 20
/// centres, each spread less than the one before, mapped by random directions, half of them through a sine; and a
/// little noise on every axis.
Points<Real> low_rank(std::size_t n) {
  constexpr std::size_t rank = 24, centres = 20, waves = rank / 2;
  Random random(9);
  const auto gauss = [&] {
    return std::sqrt(-2 * std::log(1 - random.uniform())) * std::cos(2 * std::numbers::pi * random.uniform());
  };
  std::vector<float> directions((rank + waves) * dimension), middles(centres * rank);
  for (float& x : directions) x = static_cast<float>(gauss() / std::sqrt(static_cast<double>(dimension)));
  for (float& x : middles) x = static_cast<float>(gauss());
  Points<Real> points{std::vector<Real>(n * dimension), dimension};
  std::vector<float> latent(rank + waves);
  for (std::size_t i = 0; i < n; ++i) {
    const float* middle = &middles[random.below(centres) * rank];
    for (std::size_t r = 0; r < rank; ++r)
      latent[r] = middle[r] + static_cast<float>(1.5 * gauss() / std::sqrt(static_cast<double>(1 + r)));
    for (std::size_t w = 0; w < waves; ++w) latent[rank + w] = std::sin(2 * latent[w]);
    Real* row = &points.coordinates[i * dimension];
    for (std::size_t r = 0; r < rank + waves; ++r)
      for (std::size_t axis = 0; axis < dimension; ++axis) row[axis] += latent[r] * directions[r * dimension + axis];
    for (std::size_t axis = 0; axis < dimension; ++axis) row[axis] += static_cast<float>(0.005 * gauss());
  }
  return points;
}

}  // namespace

std::vector<std::string> high_sets(const Options& options) {
  std::vector<std::string> names{"low_rank"};
  if (std::filesystem::exists(images_of(options))) names.insert(names.begin(), "fashion_mnist");
  std::erase_if(names, [&](const std::string& name) { return !options.uses(name); });
  return names;
}

Points<Real> make_high_set(const std::string& name, std::size_t n, const Options& options) {
  return name == "low_rank" ? low_rank(options.quick ? n / 2 : n) : images(images_of(options), n);
}

}  // namespace coppice::bench
