// See frames.hpp.
#include "frames.hpp"

#include <fmt/core.h>

#include "counted.hpp"

namespace coppice::io {

std::string FrameRequest::place() const {
  return number == 0 ? std::string() : fmt::format("frame {}: ", number);
}

void FrameRequest::check_atoms(std::size_t line, std::uint64_t found) const {
  if (atoms && found != *atoms)
    refuse_line(path, line,
                fmt::format("{}found {}, expected {} as in frame 0", place(), counted(found, "atom"), *atoms));
}

}  // namespace coppice::io
