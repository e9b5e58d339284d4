// The header of numpy's .npy, versions 1 to 3: magic, version, header length and a Python dictionary. Layout: numpy's
// numpy/lib/format.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "coppice/io/point_file.hpp"
#include "scalar_type.hpp"

namespace coppice::io {

struct NpyHeader {
  std::string dtype;  ///< as numpy writes it, or the source text of a structured one
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  std::size_t data_offset = 0;
};

/// Errors: corrupt_file.
[[nodiscard]] NpyHeader read_npy_header(const std::string& path, std::span<const std::byte> bytes);

/// "(3, 4)", as Python writes it.
[[nodiscard]] std::string shape_text(const std::vector<std::uint64_t>& shape);

/// The type of the dtypes that coordinates may have. Errors: invalid_input for others; 64-bit integers say why.
[[nodiscard]] ScalarType npy_type(const std::string& path, const std::string& dtype);

/// All of read_npy behind the header, which must tell two axes. Errors: those of read_points for this format.
[[nodiscard]] PointFile npy_points(const std::string& path, std::span<const std::byte> bytes, const NpyHeader& header);

/// The numbers that lie one after another at the front of `bytes`. Requires: as many as `into` takes.
template <class Scalar>
void load_numbers(ScalarType type, std::span<const std::byte> bytes, std::span<Scalar> into) {
  constexpr ScalarType own = sizeof(Scalar) == sizeof(float) ? ScalarType::float32 : ScalarType::float64;
  if (type == own) {
    if (!into.empty()) std::memcpy(into.data(), bytes.data(), into.size_bytes());
    return;
  }
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = load_number<Scalar>(type, bytes.data() + i * size_of(type));
}

}  // namespace coppice::io
