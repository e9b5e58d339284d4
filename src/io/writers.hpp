// One writer a format, each a function that appends to an Output; write_points chooses among them, checks what they
// require and puts the file in place. The readers of the same formats stand beside them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "coppice/io/point_file.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "coppice/persist/byte_order.hpp"

namespace coppice::io {

/// A file under way: collects bytes, hands them on in large pieces, and appears when it is committed.
class Output {
 public:
  /// Errors: io_error, as those of AtomicFile; so do the other functions.
  explicit Output(const std::filesystem::path& path) : path_(path.string()), file_(path) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  void append(std::string_view text) {
    buffer_ += text;
    drain(piece);
  }
  /// A number, little-endian.
  template <class T>
  void append(std::type_identity_t<T> number) {
    persist::append_little<T>(buffer_, number);
    drain(piece);
  }
  /// The coordinates of one point as they lie in memory.
  template <class Scalar>
  void append_row(const Points<Scalar>& points, std::size_t row) {
    const auto bytes = std::as_bytes(points.view()[row]);
    append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  /// All coordinates as they lie in memory.
  void append_rows(const PointFile& file);
  /// All points as lines of decimal numbers that read back as the same floats or doubles, with their ids in front
  /// where `ids` says so.
  void append_rows(const PointFile& file, char separator, bool ids = false);

  void commit() {
    drain(1);
    file_.commit();
  }

 private:
  static constexpr std::size_t piece = std::size_t{1} << 20;

  void drain(std::size_t from) {
    if (buffer_.size() < from) return;
    file_.write(buffer_);
    buffer_.clear();
  }

  std::string path_;
  persist::AtomicFile file_;
  std::string buffer_;
};

void write_npy(Output& out, const PointFile& file);
void write_csv(Output& out, const PointFile& file);
void write_xyz(Output& out, const PointFile& file);    ///< Requires: 3-D
void write_ply(Output& out, const PointFile& file);    ///< Requires: 3-D
void write_pcd(Output& out, const PointFile& file);    ///< Requires: 3-D
void write_kitti(Output& out, const PointFile& file);  ///< Requires: 3-D float
void write_fvecs(Output& out, const PointFile& file);  ///< Requires: float. Errors: invalid_input for no points.

}  // namespace coppice::io
