// Trajectories: frames and cells of every format, and files longer than what is held of them.
#include "coppice/io/trajectory.hpp"

#include <cmath>

#include "coppice/io/npz.hpp"
#include "io/text_numbers.hpp"
#include "real_data.hpp"
#include "sample_clouds.hpp"

namespace coppice::io {
namespace {

using Numbers = std::vector<double>;

struct Read {
  std::vector<Frame> frames;
  std::optional<std::size_t> count;
  std::string format;
};

Read read_all(const std::filesystem::path& path) {
  TrajectoryReader reader(path);
  Read read{{}, reader.frames(), reader.format()};
  double progress = 0;
  while (auto frame = reader.next()) {
    EXPECT_EQ(frame->number, read.frames.size());
    EXPECT_LE(progress, reader.progress());
    progress = reader.progress();
    EXPECT_LE(progress, 1);
    read.frames.push_back(std::move(*frame));
  }
  EXPECT_FALSE(reader.next().has_value());
  return read;
}

Read read_text(const std::string& name, const std::string& text) {
  const test::TemporaryFolder folder;
  test::write_file(folder / name, text);
  return read_all(folder / name);
}

const Numbers& doubles(const Frame& frame) {
  return std::get<Points<double>>(frame.points).coordinates;
}

Numbers vectors(const SimulationCell& cell) {
  Numbers numbers;
  for (const auto& row : cell.vectors) numbers.insert(numbers.end(), row.begin(), row.end());
  return numbers;
}

TEST(Trajectory, PlainXyz) {
  const Read read = read_text("a.xyz", "2\nwater\nO 1 2 3\nH 4 5 6\n 2 \n\nO 7 8 9 0.5\nH -1 -2 -3\n\n \n");
  EXPECT_EQ(read.format, "xyz");
  EXPECT_EQ(read.count, std::nullopt);
  ASSERT_EQ(read.frames.size(), 2u);
  EXPECT_EQ(doubles(read.frames[0]), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(doubles(read.frames[1]), (Numbers{7, 8, 9, -1, -2, -3}));
  EXPECT_FALSE(read.frames[0].cell);
  EXPECT_EQ(read_text("a.XYZ", "0\n\n0\n").frames.size(), 2u);
}

TEST(Trajectory, ExtendedXyz) {
  const std::string properties = " Properties=id:I:1:pos:R:3:species:S:1\n7 1 2 3 O\n";
  const Read read = read_text("a.xyz", "1\nLattice=\"5 0 0 1 6 0 2 3 7\"" + properties +
                                           "1\nsub_pbc=\"x\" pbc=\"T F T\" Lattice='5 0 0 0 6 0 0 0 0'" + properties +
                                           "1\npbc=\"T T T\"" + properties +
                                           "1\nLattice = {5 0 0 0 5 0 0 0 5} pbc=\"False False 0\"" + properties);
  ASSERT_EQ(read.frames.size(), 4u);
  for (const Frame& frame : read.frames) EXPECT_EQ(doubles(frame), (Numbers{1, 2, 3}));
  ASSERT_TRUE(read.frames[0].cell && read.frames[1].cell && read.frames[3].cell);
  EXPECT_EQ(vectors(*read.frames[0].cell), (Numbers{5, 0, 0, 1, 6, 0, 2, 3, 7}));
  EXPECT_EQ(read.frames[0].cell->periodic, (std::array{true, true, true}));
  EXPECT_EQ(vectors(*read.frames[1].cell), (Numbers{5, 0, 0, 0, 6, 0, 0, 0, 0}));
  EXPECT_EQ(read.frames[1].cell->periodic, (std::array{true, false, true}));
  EXPECT_FALSE(read.frames[2].cell);
  EXPECT_FALSE(read.frames[3].cell->is_periodic());
}

TEST(Trajectory, RowsOfXyzAreOneFrame) {
  const Read read = read_text("a.xyz", "1 2 3\n4 5 6\n");
  ASSERT_EQ(read.frames.size(), 1u);
  EXPECT_EQ(read.count, 1u);
  EXPECT_EQ(read.frames[0].size(), 2u);
}

TEST(Trajectory, Gro) {
  const auto frame = [](const std::string& xyz, const std::string& box) {
    return "water t= 1.0\n 1\n" + test::gro_atom(xyz) + box + "\n";
  };
  const Read read = read_text("a.gro", frame("   0.126   1.624   1.679  0.1227 -0.0580  0.0434", "   1.5   2.5   3.5") +
                                           frame("   0.12612   1.62413   1.67914", "1 2 3 0.1 0.2 0.3 0.4 0.5 0.6") +
                                           frame("   0.126   1.624   1.679", "0 0 0") + "\n\n");
  ASSERT_EQ(read.frames.size(), 3u);
  EXPECT_EQ(doubles(read.frames[0]), (Numbers{0.126, 1.624, 1.679}));
  EXPECT_EQ(doubles(read.frames[1]), (Numbers{0.12612, 1.62413, 1.67914}));
  EXPECT_EQ(vectors(*read.frames[0].cell), (Numbers{1.5, 0, 0, 0, 2.5, 0, 0, 0, 3.5}));
  EXPECT_EQ(vectors(*read.frames[1].cell), (Numbers{1, 0.1, 0.2, 0.3, 2, 0.4, 0.5, 0.6, 3}));
  EXPECT_EQ(read.frames[1].cell->periodic, (std::array{true, true, true}));
  EXPECT_FALSE(read.frames[2].cell);
}

TEST(Trajectory, PdbModels) {
  const std::string a = test::pdb_atom("  1.000   2.000  -3.500");
  const std::string b = test::pdb_atom("  4.000   5.000   6.000", "HETATM");
  const std::string cell = "CRYST1   40.000   18.500   22.000  90.00  90.00  90.00 P 1 21 1      2\n";
  const Read read =
      read_text("a.pdb", "HEADER\n" + cell + "MODEL        1\n" + a + "TER\n" + b + "ENDMDL\nMODEL        2\n" + b + a +
                             "ENDMDL\nCRYST1    9.000    9.000    9.000  90.00  90.00  90.00\n" + "MODEL        3\n" +
                             a + a + "ENDMDL\nCONECT    1    2\nEND\n");
  ASSERT_EQ(read.frames.size(), 3u);
  EXPECT_EQ(doubles(read.frames[0]), (Numbers{1, 2, -3.5, 4, 5, 6}));
  EXPECT_EQ(doubles(read.frames[1]), (Numbers{4, 5, 6, 1, 2, -3.5}));
  for (const int frame : {0, 1})
    EXPECT_EQ(vectors(*read.frames[static_cast<std::size_t>(frame)].cell), (Numbers{40, 0, 0, 0, 18.5, 0, 0, 0, 22}));
  EXPECT_EQ(read.frames[2].cell->vectors[2][2], 9);

  // Frames apart by END alone, the last without one.
  EXPECT_EQ(read_text("a.pdb", a + "END\n" + b + "END\n" + a).frames.size(), 3u);
  // What stands for no crystal.
  EXPECT_FALSE(read_text("a.pdb", "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1\n" + a)
                   .frames[0]
                   .cell);
}

TEST(Trajectory, PdbTriclinicCell) {
  const Read read = read_text("a.pdb", "CRYST1   30.000   40.000   50.000  80.00  95.00 110.00 P 1           1\n" +
                                           test::pdb_atom("  1.000   2.000  -3.500"));
  const auto& v = read.frames.at(0).cell.value().vectors;
  const auto dot = [&](int i, int j) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += v[i][k] * v[j][k];
    return sum;
  };
  const auto cosine = [](double degrees) { return std::cos(degrees * std::acos(-1.0) / 180); };
  EXPECT_EQ(v[0], (SimulationCell::Vector{30, 0, 0}));
  EXPECT_EQ(v[1][2], 0);
  EXPECT_NEAR(dot(1, 1), 1600, 1e-9);
  EXPECT_NEAR(dot(2, 2), 2500, 1e-9);
  EXPECT_NEAR(dot(1, 2), 40 * 50 * cosine(80), 1e-9);
  EXPECT_NEAR(dot(0, 2), 30 * 50 * cosine(95), 1e-9);
  EXPECT_NEAR(dot(0, 1), 30 * 40 * cosine(110), 1e-9);
  EXPECT_GT(read.frames[0].cell->volume(), 0);
}

TEST(Trajectory, Npy) {
  const test::TemporaryFolder folder;
  std::vector<float> numbers(2 * 4 * 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.1f * static_cast<float>(i);
  write_npy(folder / "a.npy", {numbers, {2, 4, 3}});
  Read read = read_all(folder / "a.npy");
  EXPECT_EQ(read.count, 2u);
  ASSERT_EQ(read.frames.size(), 2u);
  for (const std::size_t f : {0u, 1u})
    EXPECT_EQ(
        std::get<Points<float>>(read.frames[f].points).coordinates,
        std::vector<float>(numbers.begin() + 12 * static_cast<int>(f), numbers.begin() + 12 * static_cast<int>(f + 1)));

  write_npy(folder / "b.npy", {Numbers{1, 2, 3, 4, 5, 6}, {2, 3}});
  read = read_all(folder / "b.npy");
  ASSERT_EQ(read.frames.size(), 1u);
  EXPECT_EQ(doubles(read.frames[0]), (Numbers{1, 2, 3, 4, 5, 6}));

  write_npy(folder / "none.npy", {Numbers{}, {0, 5, 3}});
  EXPECT_TRUE(read_all(folder / "none.npy").frames.empty());
  write_npy(folder / "empty.npy", {Numbers{}, {0, 3}});
  EXPECT_EQ(read_all(folder / "empty.npy").frames.at(0).size(), 0u);
}

TEST(Trajectory, NpyInFortranOrderAndOfIntegers) {
  // Element (frame, atom, axis) is 100 frame + 10 atom + axis.
  std::string data;
  for (const int axis : {0, 1, 2})
    for (const int atom : {0, 1})
      for (const int frame : {0, 1, 2})
        data += test::raw<std::int16_t>({static_cast<std::int16_t>(100 * frame + 10 * atom + axis)});
  const Read read = read_text("a.npy", test::npy(test::npy_dictionary("'<i2'", "(3, 2, 3)", true), data));
  ASSERT_EQ(read.frames.size(), 3u);
  EXPECT_EQ(std::get<Points<float>>(read.frames[2].points).coordinates,
            (std::vector<float>{200, 201, 202, 210, 211, 212}));
}

TEST(Trajectory, OtherPointFilesAreOneFrame) {
  const Read read = read_text("a.csv", "x,y,z\n1,2,3\n");
  EXPECT_EQ(read.format, "csv");
  ASSERT_EQ(read.frames.size(), 1u);
  EXPECT_FALSE(read.frames[0].cell);
}

TEST(Trajectory, LongerThanWhatIsHeld) {
  std::string text;
  constexpr int atoms = 9000;
  for (const int frame : {0, 1, 2, 3, 4}) {
    text += std::to_string(atoms) + "\nframe " + std::to_string(frame) + "\n";
    for (int atom = 0; atom < atoms; ++atom)
      text += "Ar " + std::to_string(frame) + " " + std::to_string(atom) +
              ".25 -0.0000000000000001 extra columns of text\n";
  }
  ASSERT_GT(text.size(), std::size_t{2} << 20);
  const Read read = read_text("a.xyz", text);
  ASSERT_EQ(read.frames.size(), 5u);
  for (const Frame& frame : read.frames) {
    ASSERT_EQ(frame.size(), static_cast<std::size_t>(atoms));
    for (std::size_t atom = 0; atom < frame.size(); ++atom) {
      ASSERT_EQ(doubles(frame)[3 * atom], static_cast<double>(frame.number));
      ASSERT_EQ(doubles(frame)[3 * atom + 1], static_cast<double>(atom) + 0.25);
    }
  }
}

/// A text that comes a few bytes at a time.
class Crumbs final : public TextSource {
 public:
  Crumbs(std::string text, std::size_t size) : text_(std::move(text)), size_(size) {}
  std::string_view advance(std::size_t done) override {
    first_ += done;
    end_ = std::min(text_.size(), end_ + size_);
    return held_ = text_.substr(first_, end_ - first_);
  }

 private:
  std::string text_;
  std::size_t size_;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  std::string held_;
};

TEST(Trajectory, LinesDoNotDependOnThePieces) {
  for (const std::string text : {"", "\n", "a", "one\r\ntwo\n\nfour", "\n\n\nlonger than the pieces are\n\r\n"})
    for (const std::size_t size : {1u, 2u, 3u, 7u, 100u}) {
      LineReader whole(text);
      Crumbs crumbs(text, size);
      LineReader pieces(crumbs);
      while (true) {
        const auto expected = whole.next();
        const auto found = pieces.next();
        ASSERT_EQ(found.has_value(), expected.has_value()) << text << size;
        EXPECT_EQ(pieces.position(), whole.position());
        EXPECT_EQ(pieces.number(), whole.number());
        if (!found) break;
        EXPECT_EQ(*found, *expected);
      }
    }
}

TEST(RealTrajectories, WaterFromTextAndNpyAgree) {
  SKIP_WITHOUT(test::real_data("chemfiles_water/water.xyz"));
  TrajectoryReader text(test::real_data("chemfiles_water/water.xyz"));
  TrajectoryReader array(test::real_data("chemfiles_water/traj.f32.npy"));
  EXPECT_EQ(array.frames(), 100u);
  for (int frame = 0; frame < 100; ++frame) {
    const auto a = text.next();
    const auto b = array.next();
    ASSERT_TRUE(a && b);
    ASSERT_EQ(a->size(), 297u);
    const auto& wide = doubles(*a);
    const auto& narrow = std::get<Points<float>>(b->points).coordinates;
    for (std::size_t i = 0; i < wide.size(); ++i) ASSERT_EQ(static_cast<float>(wide[i]), narrow[i]);
  }
  EXPECT_FALSE(text.next() || array.next());
}

TEST(RealTrajectories, BoxesAndCrystals) {
  SKIP_WITHOUT(test::real_data("ngl_md/md.gro"));
  const auto gro = read_all(test::real_data("ngl_md/md.gro"));
  ASSERT_EQ(gro.frames.size(), 1u);
  EXPECT_EQ(vectors(*gro.frames[0].cell), (Numbers{5.6064, 0, 0, 0, 5.6064, 0, 0, 0, 5.6064}));
  EXPECT_EQ(read_all(test::real_data("ngl_md/ngl_md_traj.f32.npy")).frames.size(), 51u);
  const auto dhfr = read_all(test::real_data("openmm_dhfr/5dfr_solv-cube_equil.pdb"));
  ASSERT_EQ(dhfr.frames.size(), 1u);
  EXPECT_EQ(vectors(*dhfr.frames[0].cell), (Numbers{62.23, 0, 0, 0, 62.23, 0, 0, 0, 62.23}));
  const auto crambin = read_all(test::real_data("pdb_small/1crn.pdb"));
  EXPECT_NEAR(crambin.frames.at(0).cell->volume(), 40.96 * 18.65 * 22.52 * std::sin(90.77 * std::acos(-1.0) / 180),
              1e-6);
  EXPECT_FALSE(read_all(test::real_data("pdb_3J6R/3J6R.pdb")).frames.at(0).cell);
}

}  // namespace
}  // namespace coppice::io
