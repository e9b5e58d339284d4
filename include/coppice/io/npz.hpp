// Arrays for numpy: single ones (.npy) and named ones in an uncompressed zip archive (.npz) that numpy.load opens.
// Both appear whole or not at all, and the same arrays give the same bytes.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::io {

template <class T>
concept NpyScalar =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

class ZipStore;  // src/io/zip_store.hpp

/// An array in the caller's memory, row-major, as the writers below take it.
/// A default shape is one axis; an empty one (`{}` braces) a single number.
struct ArrayView {
  std::string_view dtype;  ///< numpy's name, for example "<f4"
  std::span<const std::byte> bytes;
  std::vector<std::size_t> shape;

  /// Errors: invalid_input when `numbers` are not as many as `axes` multiply to.
  template <NpyScalar T>
  ArrayView(std::span<const T> numbers, std::vector<std::size_t> axes)
      : ArrayView(dtype_of<T>(), std::as_bytes(numbers), std::move(axes), sizeof(T)) {}
  template <NpyScalar T>
  ArrayView(const std::vector<T>& numbers, std::vector<std::size_t> axes)
      : ArrayView(std::span<const T>(numbers), std::move(axes)) {}
  template <NpyScalar T>
  ArrayView(const std::vector<T>& numbers)  // NOLINT: a vector is an array of one axis
      : ArrayView(std::span<const T>(numbers), {numbers.size()}) {}

 private:
  ArrayView(std::string_view name, std::span<const std::byte> content, std::vector<std::size_t> axes, std::size_t unit);

  template <class T>
  static constexpr std::string_view dtype_of() noexcept {
    if constexpr (std::same_as<T, float>) return "<f4";
    if constexpr (std::same_as<T, double>) return "<f8";
    if constexpr (std::same_as<T, std::int32_t>) return "<i4";
    return "<i8";
  }
};

/// Writes a .npz file array by array; nothing is kept in memory. Destroyed without `close`, it leaves no file.
class NpzWriter {
 public:
  /// Sizes and offsets from `zip64_from` on are written in zip's 64-bit form; only tests have a reason to lower it.
  /// Errors: io_error.
  explicit NpzWriter(const std::filesystem::path& path, std::uint64_t zip64_from = 0xffffffffu);
  NpzWriter(NpzWriter&&) noexcept;
  NpzWriter& operator=(NpzWriter&&) noexcept;
  ~NpzWriter();

  /// Appends an array under a name. Errors: invalid_input (a name that is empty or already there), io_error.
  void add(std::string_view name, const ArrayView& array);

  /// Completes the file and puts it in place; nothing can be added afterwards. Errors: io_error.
  void close();

 private:
  std::unique_ptr<ZipStore> store_;
};

/// Writes one array as a .npy file, atomically. Errors: io_error.
void write_npy(const std::filesystem::path& path, const ArrayView& array);

}  // namespace coppice::io
