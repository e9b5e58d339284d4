// What the fuzz targets of the readers share: any bytes under every name of a family either give points that keep the
// promises of PointFile, or a typed error.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <variant>

#include "coppice/errors.hpp"
#include "io/readers.hpp"

namespace coppice::fuzz {

/// Stops the fuzzer, which then keeps the input.
inline void require(bool promise) {
  if (!promise) __builtin_trap();
}

inline void check(const io::PointFile& file) {
  require(file.dimension() >= 1);
  require(!file.format.empty());
  require(!file.ids || file.ids->size() == file.size());
  if (file.ids)
    for (const point_id id : *file.ids) require(id >= 0);
  require(file.columns.empty() || file.columns.size() == static_cast<std::size_t>(file.dimension()));
  std::visit(
      [](const auto& points) {
        require(points.coordinates.size() == points.size() * static_cast<std::size_t>(points.dimension));
        for (const auto number : points.coordinates) require(std::isfinite(number));
      },
      file.points);
}

/// Reads the bytes as a file of each name.
inline void read_as(std::initializer_list<const char*> names, const std::uint8_t* data, std::size_t size) {
  for (const char* name : names) {
    try {
      check(io::decode_points(name, std::as_bytes(std::span(data, size))));
    } catch (const error&) {
    }
  }
}

}  // namespace coppice::fuzz
