// Trajectories that must be refused: which frames come before, and what the one line says.
#include <limits>

#include "coppice/errors.hpp"
#include "coppice/io/trajectory.hpp"
#include "sample_clouds.hpp"

namespace coppice::io {
namespace {

struct Refused {
  std::string name;
  std::string bytes;
  std::vector<std::string> said;  // all of it in one line
  std::size_t frames = 0;         // that are read before
};

void check(const Refused& refused) {
  SCOPED_TRACE(refused.name + ": " + refused.said[0]);
  const test::TemporaryFolder folder;
  test::write_file(folder / refused.name, refused.bytes);
  std::size_t frames = 0;
  std::string message;
  try {
    TrajectoryReader reader(folder / refused.name);
    while (reader.next()) ++frames;
    FAIL() << "was accepted";
  } catch (const error& problem) {
    message = problem.what();
  }
  EXPECT_EQ(frames, refused.frames) << message;
  EXPECT_TRUE(message.starts_with((folder / refused.name).string() + ":")) << message;
  for (const std::string& fragment : refused.said) EXPECT_NE(message.find(fragment), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(MalformedTrajectory, Xyz) {
  const std::string frame = "2\nwater\nO 1 2 3\nH 4 5 6\n";
  const auto cell = [](const std::string& comment) { return "1\n" + comment + "\nO 1 2 3\n"; };
  for (const Refused& refused : std::vector<Refused>{
           {"a.xyz", "", {"no rows"}},
           {"a.xyz",
            frame + "3\n\nO 1 2 3\nO 1 2 3\nO 1 2 3\n",
            {":5: frame 1: found 3 atoms, expected 2 as in frame 0"},
            1},
           {"a.xyz", frame + "9000000000000000000\n\n", {":5: frame 1: found 9000000000000000000 atoms"}, 1},
           {"a.xyz",
            frame + frame + "2\nwater\nO 1 2 3\n",
            {":11: frame 2: the file ends after 1 atom, expected 2 as in line 9"},
            2},
           {"a.xyz", frame + "2\n", {":5: frame 1: the file ends after 0 atoms"}, 1},
           {"a.xyz", frame + "2\n\nO 1 2 3\nH 4 5\n", {":8: ", "found 3 columns, expected at least 4"}, 1},
           {"a.xyz", frame + "water\n", {":5: frame 1: found 'water', expected the number of atoms"}, 1},
           {"a.xyz", frame + "2\n\nO 1 2 3\nH 4 nan 6\n", {":8: ", "column 3: found 'nan'"}, 1},
           {"a.xyz", cell("Lattice=\"1 0 0 0 1 0 0 0\""), {":2: Lattice: found 8 numbers, expected 9"}},
           {"a.xyz", cell("Lattice=\"1 0 0 0 1 0 0 0 x\""), {":2: Lattice: found 'x', expected a finite number"}},
           {"a.xyz", cell("Lattice=\"1 0 0 0 inf 0 0 0 1\""), {":2: Lattice: found 'inf'"}},
           {"a.xyz", cell("Lattice=\"1 0 0 0 1 0 0 0 1"), {":2: Lattice: its value does not end"}},
           {"a.xyz",
            cell("Lattice=\"1 0 0 0 1 0 0 0 1\" pbc=\"T T\""),
            {":2: pbc: found 'T T', expected three of T and F"}},
           {"a.xyz", cell("Lattice=\"1 0 0 0 1 0 0 0 1\" pbc=\"T T maybe\""), {":2: pbc: found 'T T maybe'"}}})
    check(refused);
}

TEST(MalformedTrajectory, Gro) {
  const std::string atom = test::gro_atom("   0.126   1.624   1.679");
  const std::string frame = "water\n1\n" + atom + "1 1 1\n";
  for (const Refused& refused :
       std::vector<Refused>{{"a.gro", "", {":0: ", "number of atoms in line 2"}},
                            {"a.gro", frame + "water\n", {":5: frame 1: the file ends after the title"}, 1},
                            {"a.gro",
                             frame + "water\n2\n" + atom + atom + "1 1 1\n",
                             {":6: frame 1: found 2 atoms, expected 1 as in frame 0"},
                             1},
                            {"a.gro",
                             frame + "water\n1\n" + atom,
                             {":7: frame 1: the file ends after 1 atom, expected 1 as in line 6, and the box"},
                             1},
                            {"a.gro", frame + "\n\nmany\n", {":7: frame 1: found 'many'"}, 1},
                            {"a.gro", "water\n1\n" + atom + "1 1\n", {":4: box: found 2 numbers, expected 3 or 9"}},
                            {"a.gro", "water\n1\n" + atom + "1 1 one\n", {":4: box: found 'one'"}}})
    check(refused);
}

TEST(MalformedTrajectory, Pdb) {
  const std::string atom = test::pdb_atom("  1.000   2.000   3.000");
  const auto model = [&](const std::string& atoms) { return "MODEL        1\n" + atoms + "ENDMDL\n"; };
  const auto crystal = [&](const std::string& numbers) { return "CRYST1" + numbers + "\n" + atom; };
  for (const Refused& refused : std::vector<Refused>{
           {"a.pdb", "HEADER\nEND\n", {"no position"}},
           {"a.pdb", model(atom) + model(atom + atom), {":7: frame 1: found 2 atoms, expected 1 as in frame 0"}, 1},
           {"a.pdb", model(atom) + model(""), {":5: frame 1: found 0 atoms"}, 1},
           {"a.pdb",
            model(atom + atom) + "MODEL        2\n" + atom,
            {":6: frame 1: the file ends within the model of line 5"},
            1},
           {"a.pdb", "MODEL        1\n" + atom + "MODEL        2\n", {":3: found MODEL within the model of line 1"}},
           {"a.pdb", atom + atom + "END\n" + atom, {":4: frame 1: found 1 atom, expected 2"}, 1},
           {"a.pdb", crystal("   40.000   18.650"), {":1: CRYST1: found 24 characters"}},
           {"a.pdb", crystal("   40.000   18.650   22.520  90.00  90.00  wide "), {":1: CRYST1: found 'wide'"}},
           {"a.pdb", crystal("   40.000   18.650   22.520  90.00  90.00 180.00"), {":1: CRYST1: found the angle 180"}},
           {"a.pdb",
            crystal("   40.000   18.650   22.520 150.00 150.00 150.00"),
            {":1: CRYST1: no cell has the angles"}}})
    check(refused);
}

TEST(MalformedTrajectory, Npy) {
  const auto shaped = [](const std::string& shape, const std::string& data) {
    return test::npy(test::npy_dictionary("'<f4'", shape), data);
  };
  const std::string atom = test::raw({1.0f, 2.0f, 3.0f});
  const std::string bad = test::raw({1.0f, std::numeric_limits<float>::quiet_NaN(), 3.0f});
  for (const Refused& refused : std::vector<Refused>{
           {"a.npy", "", {"magic at byte 0"}},
           {"a.npy",
            shaped("(3, 1, 3)", atom + atom + "1234"),
            {"data at byte",
             "found 28 bytes, which end in frame 2, expected 3 frames x 1 atom x 3 numbers of 4 bytes"}},
           {"a.npy", shaped("(1, 1, 3)", atom + atom), {"data at byte", "found 24 bytes, expected 1 frame"}},
           {"a.npy", shaped("(1, 3, 2)", atom + atom), {"found shape (1, 3, 2), expected frames x atoms x 3"}},
           {"a.npy", shaped("(3,)", atom), {"found shape (3,)"}},
           {"a.npy", shaped("(5, 0, 3)", ""), {"found shape (5, 0, 3), expected 1 or more atoms"}},
           {"a.npy", shaped("(1, 6148914691236517205, 3)", ""), {"data at byte", "found 0 bytes"}},
           {"a.npy", shaped("(2, 2, 3)", atom + atom + atom + bad), {": frame 1: row 1: coordinate 1 is nan"}, 1},
           {"a.npy", shaped("(2, 3)", atom + bad), {": row 1: coordinate 1 is nan"}},
           {"a.npy", test::npy(test::npy_dictionary("'<i8'", "(1, 1, 3)"), std::string(24, 'x')), {"dtype '<i8'"}},
           {"a.csv", "1,2\n", {"dimension 2, expected 3-D"}},
           {"a.doc", "1 2 3\n", {"cannot read .doc files"}}})
    check(refused);
  EXPECT_THROW(TrajectoryReader("/nowhere/a.xyz"), io_error);
  EXPECT_THROW(TrajectoryReader("/tmp"), error);
}

/// Every truncation and every changed byte either reads, all frames being as long as the first, or throws a typed
/// error.
TEST(MalformedTrajectory, DamageNeverSurprises) {
  const std::string atom = test::pdb_atom("  1.000   2.000   3.000");
  const std::string gro = "water\n1\n" + test::gro_atom("   0.126   1.624   1.679") + "1 1 1\n";
  const std::vector<std::pair<std::string, std::string>> files{
      {"a.xyz", "1\nLattice=\"1 0 0 0 1 0 0 0 1\" pbc=\"T T F\"\nO 1 2 3\n1\n\nO 4 5 6\n"},
      {"a.gro", gro + gro},
      {"a.pdb", "CRYST1   40.960   18.650   22.520  90.00  90.77  90.00\nMODEL 1\n" + atom + "ENDMDL\nMODEL 2\n" +
                    atom + "ENDMDL\nEND\n"},
      {"a.npy", test::npy(test::npy_dictionary("'<f4'", "(2, 1, 3)"), test::raw({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}))}};
  const test::TemporaryFolder folder;
  for (const auto& [name, good] : files) {
    const auto path = folder / name;
    const auto survives = [&path](const std::string& bytes) {
      test::write_file(path, bytes);
      try {
        TrajectoryReader reader(path);
        std::optional<std::size_t> atoms;
        while (const auto frame = reader.next()) {
          EXPECT_EQ(frame->size(), atoms.value_or(frame->size()));
          atoms = frame->size();
        }
      } catch (const error&) {
      }
    };
    for (std::size_t i = 0; i < good.size(); ++i) {
      survives(good.substr(0, i));
      for (const int mask : {0x01, 0x10, 0x80}) {
        std::string bytes = good;
        bytes[i] = static_cast<char>(bytes[i] ^ mask);
        survives(bytes);
      }
    }
  }
}

}  // namespace
}  // namespace coppice::io
