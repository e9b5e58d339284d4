// The writing side of numpy's formats: the .npy header, and arrays with it as entries of a zip archive.
#include "coppice/io/npz.hpp"

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "writers.hpp"
#include "zip_store.hpp"

namespace coppice::io {

namespace {

/// A version 1.0 header, padded so that the numbers start at a multiple of 64 as numpy has them.
std::string npy_header(const ArrayView& array) {
  const std::string axes = fmt::format("({}{})", fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
  std::string dictionary = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", array.dtype, axes);
  constexpr std::size_t prefix = 10;
  const std::size_t total = (prefix + dictionary.size() + 1 + 63) / 64 * 64;
  if (total - prefix > std::numeric_limits<std::uint16_t>::max())
    throw invalid_input(fmt::format("an array of {} axes cannot be written", array.shape.size()));
  dictionary.resize(total - prefix - 1, ' ');
  dictionary += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  persist::append_little<std::uint16_t>(header, static_cast<std::uint16_t>(dictionary.size()));
  return header + dictionary;
}

}  // namespace

ArrayView::ArrayView(std::string_view name, std::span<const std::byte> content, std::vector<std::size_t> axes,
                     std::size_t unit)
    : dtype(name), bytes(content), shape(std::move(axes)) {
  std::size_t product = 1;
  for (const std::size_t axis : shape) product *= axis;
  if (product != bytes.size() / unit)
    throw invalid_input(fmt::format("an array of shape ({}) cannot hold {}", fmt::join(shape, ", "),
                                    counted(bytes.size() / unit, "number")));
}

NpzWriter::NpzWriter(const std::filesystem::path& path, std::uint64_t zip64_from)
    : store_(std::make_unique<ZipStore>(path, zip64_from)) {}
NpzWriter::NpzWriter(NpzWriter&&) noexcept = default;
NpzWriter& NpzWriter::operator=(NpzWriter&&) noexcept = default;
NpzWriter::~NpzWriter() = default;

void NpzWriter::add(std::string_view name, const ArrayView& array) {
  if (name.empty()) throw invalid_input("an array in a .npz file needs a name");
  store_->add(std::string(name) + ".npy", npy_header(array), array.bytes);
}

void NpzWriter::close() {
  store_->close();
}

void write_npy(const std::filesystem::path& path, const ArrayView& array) {
  persist::AtomicFile file(path);
  file.write(npy_header(array));
  file.write(array.bytes);
  file.commit();
}

void write_npy(Output& out, const PointFile& file) {
  const auto columns = static_cast<std::size_t>(file.dimension());
  std::visit(
      [&](const auto& points) {
        out.append(npy_header({points.coordinates, {points.size(), columns}}));
      },
      file.points);
  out.append_rows(file);
}

}  // namespace coppice::io
