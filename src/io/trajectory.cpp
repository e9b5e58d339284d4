// Which source of frames serves which name, and the frames of text files.
#include "coppice/io/trajectory.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "coppice/persist/file_reader.hpp"
#include "formats.hpp"
#include "frame_source.hpp"
#include "frames.hpp"

namespace coppice::io {

namespace {

/// A text file, a mebibyte at a time.
class FileText final : public TextSource {
 public:
  explicit FileText(const persist::FileReader& file) : file_(file) {}

  std::string_view advance(std::size_t done) override {
    constexpr std::uint64_t piece = std::uint64_t{1} << 20;
    held_.erase(0, done);
    const std::size_t kept = held_.size();
    const auto more = static_cast<std::size_t>(std::min(piece, file_.size() - offset_));
    held_.resize(kept + more);
    file_.read(offset_, std::as_writable_bytes(std::span(held_).subspan(kept)));
    offset_ += more;
    return held_;
  }

 private:
  const persist::FileReader& file_;
  std::uint64_t offset_ = 0;
  std::string held_;
};

struct TextFormat {
  std::string_view extension;
  ReadFrame read;
  ReadCell cell;
  bool cell_stays;  // a frame without a cell has the one before
};

constexpr std::array<TextFormat, 3> text_formats{{{".xyz", next_xyz_frame, xyz_cell, false},
                                                  {".gro", next_gro_frame, gro_cell, false},
                                                  {".pdb", next_pdb_frame, pdb_cell, true}}};

class TextFrames final : public FrameSource {
 public:
  TextFrames(const std::filesystem::path& path, const TextFormat& format)
      : FrameSource(std::string(format.extension.substr(1))),
        path_(path.string()),
        format_(format),
        file_(path),
        text_(file_),
        lines_(text_) {}

  std::optional<Frame> next() override {
    auto text = format_.read({path_, number_, atoms_}, lines_);
    if (!text) return std::nullopt;
    atoms_ = text->points.size();
    if (text->cell_line != 0)
      cell_ = format_.cell(path_, text->cell_line, text->cell);
    else if (!format_.cell_stays)
      cell_.reset();
    return Frame{std::move(text->points), cell_, number_++};
  }

  double progress() const noexcept override {
    return static_cast<double>(lines_.position()) / static_cast<double>(std::max<std::uint64_t>(file_.size(), 1));
  }

 private:
  std::string path_;
  const TextFormat& format_;
  persist::FileReader file_;
  FileText text_;
  LineReader lines_;
  std::size_t number_ = 0;
  std::optional<std::size_t> atoms_;
  std::optional<SimulationCell> cell_;
};

/// A file of points as the only frame.
class OneFrame final : public FrameSource {
 public:
  explicit OneFrame(const std::filesystem::path& path) : OneFrame(path, read_points(path)) {}

  std::optional<Frame> next() override { return std::exchange(frame_, std::nullopt); }
  std::optional<std::size_t> frames() const noexcept override { return 1; }
  double progress() const noexcept override { return frame_ ? 0 : 1; }

 private:
  OneFrame(const std::filesystem::path& path, PointFile file) : FrameSource(std::move(file.format)) {
    if (file.dimension() != 3)
      throw invalid_input(
          fmt::format("{}: found points of dimension {}, expected 3-D positions", path.string(), file.dimension()));
    frame_.emplace(Frame{std::move(file.points), std::nullopt, 0});
  }

  std::optional<Frame> frame_;
};

bool has_frames(const std::filesystem::path& path) {
  const persist::FileReader file(path);
  FileText text(file);
  const auto first = LineReader(text).next();
  return first && starts_xyz_frame(*first);
}

std::unique_ptr<FrameSource> frames_of(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  if (extension == ".npy") return npy_frames(path);
  for (const TextFormat& format : text_formats)
    if (extension == format.extension && (extension != ".xyz" || has_frames(path)))
      return std::make_unique<TextFrames>(path, format);
  return std::make_unique<OneFrame>(path);
}

}  // namespace

TrajectoryReader::TrajectoryReader(const std::filesystem::path& path) : source_(frames_of(path)) {}
TrajectoryReader::TrajectoryReader(TrajectoryReader&&) noexcept = default;
TrajectoryReader& TrajectoryReader::operator=(TrajectoryReader&&) noexcept = default;
TrajectoryReader::~TrajectoryReader() = default;

std::optional<Frame> TrajectoryReader::next() {
  return source_->next();
}

std::optional<std::size_t> TrajectoryReader::frames() const noexcept {
  return source_->frames();
}

double TrajectoryReader::progress() const noexcept {
  return source_->progress();
}

const std::string& TrajectoryReader::format() const noexcept {
  return source_->format();
}

}  // namespace coppice::io
