// What the tests of the readers share: bytes of small files, and reading them as files of a given name.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "../persist/temporary_folder.hpp"
#include "coppice/io/point_file.hpp"

namespace coppice::test {

/// Writes `bytes` under `name` into a folder of its own and reads them.
inline io::PointFile read_as(const std::string& name, std::string_view bytes, const io::ReadOptions& options = {}) {
  const TemporaryFolder folder;
  write_file(folder / name, bytes);
  return io::read_points(folder / name, options);
}

inline std::vector<float> floats(const io::PointFile& file) {
  return std::get<Points<float>>(file.points).coordinates;
}
inline std::vector<double> doubles(const io::PointFile& file) {
  return std::get<Points<double>>(file.points).coordinates;
}

/// The bytes of numbers, little-endian or big-endian.
template <class T>
std::string raw(std::initializer_list<T> numbers, bool big_endian = false) {
  std::string bytes;
  for (const T number : numbers) {
    std::array<char, sizeof(T)> one;
    std::memcpy(one.data(), &number, sizeof number);
    if (big_endian) std::reverse(one.begin(), one.end());
    bytes.append(one.data(), one.size());
  }
  return bytes;
}

/// A .npy file of version 1, 2 or 3 with this dictionary and data.
inline std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  const auto length = static_cast<std::uint32_t>(dictionary.size() + 1);
  bytes += version == 1 ? raw<std::uint16_t>({static_cast<std::uint16_t>(length)}) : raw<std::uint32_t>({length});
  return bytes + dictionary + '\n' + data;
}

inline std::string npy_dictionary(const std::string& dtype, const std::string& shape, bool fortran_order = false) {
  return "{'descr': " + dtype + ", 'fortran_order': " + (fortran_order ? "True" : "False") + ", 'shape': " + shape +
         ", }";
}

}  // namespace coppice::test
