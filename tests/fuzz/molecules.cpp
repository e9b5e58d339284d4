// Fuzzes the readers of molecules: fixed columns of text, frame after frame, with the cells beside them.
#include <optional>
#include <string>

#include "io/frames.hpp"
#include "read_as.hpp"

namespace {

void read_frames(coppice::io::ReadFrame read, coppice::io::ReadCell cell, std::string_view text) {
  const std::string path = "a";
  coppice::io::LineReader lines(text);
  std::optional<std::size_t> atoms;
  try {
    for (std::size_t number = 0; const auto frame = read({path, number, atoms}, lines); ++number) {
      coppice::fuzz::require(!atoms || frame->points.size() == *atoms);
      atoms = frame->points.size();
      if (frame->cell_line != 0) (void)cell(path, frame->cell_line, frame->cell);
    }
  } catch (const coppice::error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace coppice::io;
  coppice::fuzz::read_as({"a.pdb", "a.gro"}, data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_frames(next_xyz_frame, xyz_cell, text);
  read_frames(next_gro_frame, gro_cell, text);
  read_frames(next_pdb_frame, pdb_cell, text);
  return 0;
}
