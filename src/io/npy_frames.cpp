// Trajectories in .npy: F × n × 3, a frame read at a time, or n × 3 as a single one. In Fortran order the numbers of a
// frame lie all over the file, so that such an array is held whole.
#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "coppice/persist/file_reader.hpp"
#include "counted.hpp"
#include "formats.hpp"
#include "frame_source.hpp"
#include "npy_header.hpp"

namespace coppice::io {

namespace {

/// The header, whose length no writer takes anywhere near a mebibyte.
NpyHeader header_of(const std::string& path, const persist::FileReader& file) {
  constexpr std::uint64_t enough = std::uint64_t{1} << 20;
  std::vector<std::byte> front(static_cast<std::size_t>(std::min(enough, file.size())));
  file.read(0, front);
  return read_npy_header(path, front);
}

class NpyFrames final : public FrameSource {
 public:
  explicit NpyFrames(const std::filesystem::path& path)
      : FrameSource("npy"), path_(path.string()), file_(path), header_(header_of(path_, file_)) {
    type_ = npy_type(path_, header_.dtype);
    auto shape = header_.shape;
    if (shape.size() == 2) shape.insert(shape.begin(), 1);
    if (shape.size() != 3 || shape[2] != 3)
      throw invalid_input(fmt::format("{}: found shape {}, expected frames x atoms x 3 or atoms x 3", path_,
                                      shape_text(header_.shape)));
    if (header_.shape.size() == 3 && shape[1] == 0)
      throw invalid_input(
          fmt::format("{}: found shape {}, expected 1 or more atoms a frame", path_, shape_text(header_.shape)));
    frames_ = static_cast<std::size_t>(shape[0]);
    atoms_ = static_cast<std::size_t>(shape[1]);
    check_size();
    if (header_.fortran_order) whole_ = read(0, frames_ * frame_bytes());
  }

  std::optional<Frame> next() override {
    if (number_ == frames_) return std::nullopt;
    PointFile file;
    if (fits_float(type_))
      file.points = numbers<float>();
    else
      file.points = numbers<double>();
    check_finite(header_.shape.size() == 2 ? path_ : fmt::format("{}: frame {}", path_, number_), file);
    return Frame{std::move(file.points), std::nullopt, number_++};
  }

  std::optional<std::size_t> frames() const noexcept override { return frames_; }
  double progress() const noexcept override {
    return static_cast<double>(number_) / static_cast<double>(std::max<std::size_t>(frames_, 1));
  }

 private:
  [[nodiscard]] std::size_t frame_bytes() const noexcept { return 3 * atoms_ * size_of(type_); }

  void check_size() const {
    const std::uint64_t found = file_.size() - header_.data_offset;
    const std::uint64_t atom_bytes = 3 * size_of(type_);
    const bool countable = atoms_ <= std::numeric_limits<std::uint64_t>::max() / atom_bytes;
    const std::uint64_t frame = countable ? atoms_ * atom_bytes : 0;
    const bool fits =
        frame == 0 ? found == 0 && (countable || frames_ == 0) : found % frame == 0 && found / frame == frames_;
    if (fits) return;
    const std::string end =
        frame != 0 && found / frame < frames_ ? fmt::format(", which end in frame {}", found / frame) : std::string();
    throw corrupt_file(
        path_, "data", header_.data_offset,
        fmt::format("found {}{}, expected {} x {} x 3 numbers of {}", counted(found, "byte"), end,
                    counted(frames_, "frame"), counted(atoms_, "atom"), counted(size_of(type_), "byte")));
  }

  [[nodiscard]] std::vector<std::byte> read(std::size_t offset, std::size_t count) const {
    std::vector<std::byte> bytes(count);
    file_.read(header_.data_offset + offset, bytes);
    return bytes;
  }

  template <class Scalar>
  [[nodiscard]] Points<Scalar> numbers() const {
    Points<Scalar> points{std::vector<Scalar>(3 * atoms_), 3};
    if (!header_.fortran_order) {
      load_numbers<Scalar>(type_, read(number_ * frame_bytes(), frame_bytes()), points.coordinates);
      return points;
    }
    for (std::size_t atom = 0; atom < atoms_; ++atom)
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::size_t at = number_ + frames_ * (atom + atoms_ * axis);
        points.coordinates[3 * atom + axis] = load_number<Scalar>(type_, whole_.data() + at * size_of(type_));
      }
    return points;
  }

  std::string path_;
  persist::FileReader file_;
  NpyHeader header_;
  ScalarType type_{};
  std::size_t frames_ = 0;
  std::size_t atoms_ = 0;
  std::size_t number_ = 0;
  std::vector<std::byte> whole_;  // in Fortran order
};

}  // namespace

std::unique_ptr<FrameSource> npy_frames(const std::filesystem::path& path) {
  return std::make_unique<NpyFrames>(path);
}

}  // namespace coppice::io
