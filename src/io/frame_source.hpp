// What a TrajectoryReader reads from: one class a way in which frames lie in a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "coppice/io/trajectory.hpp"

namespace coppice::io {

class FrameSource {
 public:
  explicit FrameSource(std::string format) : format_(std::move(format)) {}
  virtual ~FrameSource() = default;

  [[nodiscard]] virtual std::optional<Frame> next() = 0;
  [[nodiscard]] virtual std::optional<std::size_t> frames() const noexcept { return std::nullopt; }
  [[nodiscard]] virtual double progress() const noexcept = 0;
  [[nodiscard]] const std::string& format() const noexcept { return format_; }

 private:
  std::string format_;
};

[[nodiscard]] std::unique_ptr<FrameSource> npy_frames(const std::filesystem::path& path);

}  // namespace coppice::io
