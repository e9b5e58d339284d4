// Columns of numbers and pairs of ids, from text and from arrays of every kind.
#include "coppice/io/columns.hpp"

#include <limits>

#include "coppice/errors.hpp"
#include "coppice/io/npz.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

template <class Read>
auto read_as(Read read, const std::string& name, const std::string& bytes) {
  const test::TemporaryFolder folder;
  test::write_file(folder / name, bytes);
  return read(folder / name);
}

template <class Read>
std::string refusal(Read read, const std::string& name, const std::string& bytes) {
  try {
    (void)read_as(read, name, bytes);
  } catch (const error& problem) {
    return problem.what();
  }
  return "accepted";
}

TEST(Columns, Numbers) {
  const std::vector<double> expected{1, 0.5, 2};
  EXPECT_EQ(read_as(read_numbers, "r.txt", "1\n0.5\n2\n"), expected);
  EXPECT_EQ(read_as(read_numbers, "r.csv", "radius\n1\n0.5\n2\n"), expected);
  const std::string data = test::raw({1.0, 0.5, 2.0});
  EXPECT_EQ(read_as(read_numbers, "r.npy", test::npy(test::npy_dictionary("'<f8'", "(3,)"), data)), expected);
  EXPECT_EQ(read_as(read_numbers, "r.npy", test::npy(test::npy_dictionary("'<f8'", "(3, 1)"), data)), expected);
  EXPECT_EQ(
      read_as(read_numbers, "r.npy", test::npy(test::npy_dictionary("'<f4'", "(3,)"), test::raw({1.f, .5f, 2.f}))),
      expected);
  EXPECT_TRUE(read_as(read_numbers, "r.npy", test::npy(test::npy_dictionary("'<f8'", "(0,)"), "")).empty());
  EXPECT_NE(refusal(read_numbers, "r.csv", "1,2\n").find("found 2 columns, expected 1"), std::string::npos);
  EXPECT_NE(refusal(read_numbers, "r.npy",
                    test::npy(test::npy_dictionary("'<f8'", "(2,)"),
                              test::raw({1.0, -std::numeric_limits<double>::infinity()})))
                .find("row 1: coordinate 0 is -inf"),
            std::string::npos);
  EXPECT_NE(
      refusal(read_numbers, "r.npy", test::npy(test::npy_dictionary("'<f8'", "(3,)"), "12345678")).find("data at"),
      std::string::npos);
}

TEST(Columns, IdPairs) {
  const Pairs expected{{0, 1}, {7, 3}};
  EXPECT_EQ(read_as(read_id_pairs, "e.txt", "0 1\n7 3\n"), expected);
  EXPECT_EQ(read_as(read_id_pairs, "e.csv", "i,j\n0,1\n7,3\n"), expected);
  EXPECT_EQ(read_as(read_id_pairs, "e.npy",
                    test::npy(test::npy_dictionary("'<i4'", "(2, 2)"), test::raw<std::int32_t>({0, 1, 7, 3}))),
            expected);
  const std::string wide = test::raw<std::int64_t>({0, 1, 7, 3});
  EXPECT_EQ(read_as(read_id_pairs, "e.npy", test::npy(test::npy_dictionary("'<i8'", "(2, 2)"), wide)), expected);
  EXPECT_EQ(read_as(read_id_pairs, "e.npy", test::npy(test::npy_dictionary("'<u8'", "(2, 2)"), wide)), expected);
  EXPECT_EQ(read_as(read_id_pairs, "e.npy",
                    test::npy(test::npy_dictionary("'<i8'", "(2, 2)", true), test::raw<std::int64_t>({0, 7, 1, 3}))),
            expected);
}

TEST(Columns, IdPairsRefused) {
  const auto said = [](const std::string& name, const std::string& bytes, const std::string& fragment) {
    const std::string message = refusal(read_id_pairs, name, bytes);
    EXPECT_NE(message.find(fragment), std::string::npos) << message;
  };
  said("e.csv", "0,1\n1,2.5\n", "row 1: found 2.5, expected a whole number of at least 0");
  said("e.csv", "0,-1\n", "row 0: found -1");
  said("e.csv", "0,1e300\n", "row 0: found 1e+300");
  said("e.csv", "0,1,2\n", "found 3 columns, expected 2");
  said("e.npy", test::npy(test::npy_dictionary("'<i8'", "(1, 2)"), test::raw<std::int64_t>({0, -1})),
       "row 0: found -1");
  said("e.npy", test::npy(test::npy_dictionary("'<u8'", "(1, 2)"), test::raw<std::int64_t>({0, -1})),
       "row 0: found 18446744073709551615");
  said("e.npy", test::npy(test::npy_dictionary("'<i8'", "(4,)"), std::string(32, '\0')),
       "found shape (4,), expected pairs x 2");
  said("e.npy", test::npy(test::npy_dictionary("'<i8'", "(2, 2)"), std::string(31, '\0')), "data at byte");
}

}  // namespace
}  // namespace coppice::io
