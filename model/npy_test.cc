#include "model/npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weightproof {
namespace {

using std::string_literals::operator""s;

std::vector<std::byte> Bytes(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

// A version 1.0 file with this header and data.
std::vector<std::byte> File(const std::string& header, const std::string& data) {
  return Bytes("\x93NUMPY\1\0"s + static_cast<char>(header.size() & 0xff) +
               static_cast<char>(header.size() >> 8) + header + data);
}

std::string KindOf(const std::vector<std::byte>& file) {
  const Result<Tensor> tensor = TensorFromNpy(file, "x.npy");
  return tensor ? "accepted" : std::string(ErrorKindName(tensor.error().kind));
}

const std::string kScalar = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";

// Expected bytes by: python3 -c 'import numpy; numpy.save("x", numpy.arange(3, dtype="int16"))'
TEST(Npy, WritesTheBytesThatNumpyWrites) {
  Tensor tensor(DType::kInt16, {3});
  tensor.values<std::int16_t>()[1] = 1;
  tensor.values<std::int16_t>()[2] = 2;
  const std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
  const std::string expected =
      "\x93NUMPY\1\0v\0"s + header + std::string(117 - header.size(), ' ') + "\n\0\0\1\0\2\0"s;
  EXPECT_EQ(TensorToNpy(tensor).value(), Bytes(expected));
}

TEST(Npy, ReadsWhatItWrites) {
  for (const DType dtype : {DType::kFloat16, DType::kFloat32, DType::kFloat64, DType::kInt8,
                            DType::kInt64, DType::kUInt8, DType::kUInt32, DType::kBool}) {
    for (const Shape& shape : {Shape{}, Shape{0}, Shape{1}, Shape{3, 0, 2}, Shape{2, 3, 4, 1}}) {
      Tensor tensor(dtype, shape);
      for (std::size_t i = 0; i < tensor.bytes().size(); ++i)
        tensor.bytes()[i] = std::byte(dtype == DType::kBool ? i % 2 : i);
      const Result<Tensor> back = TensorFromNpy(TensorToNpy(tensor).value(), "x.npy");
      ASSERT_TRUE(back.has_value()) << back.error().Text();
      EXPECT_EQ(*back, tensor);
    }
  }
}

TEST(Npy, ReadsTheOtherByteOrder) {
  const Result<Tensor> tensor =
      TensorFromNpy(File("{'descr': '>i4', 'fortran_order': False, 'shape': (2,), }\n",
                         "\0\0\1\2\xff\xff\xff\xff"s),
                    "x.npy");
  ASSERT_TRUE(tensor.has_value()) << tensor.error().Text();
  EXPECT_EQ(tensor->values<std::int32_t>()[0], 258);
  EXPECT_EQ(tensor->values<std::int32_t>()[1], -1);
}

TEST(Npy, TakesHeadersOfVersion2AndKeysInAnyOrder) {
  const std::string header = "{\"shape\": (1,2), 'fortran_order':False,'descr':'|u1'}";
  const std::vector<std::byte> file =
      Bytes("\x93NUMPY\2\0"s + static_cast<char>(header.size()) + "\0\0\0"s + header + "\7\x08");
  const Result<Tensor> tensor = TensorFromNpy(file, "x.npy");
  ASSERT_TRUE(tensor.has_value()) << tensor.error().Text();
  EXPECT_EQ(tensor->shape(), (Shape{1, 2}));
  EXPECT_EQ(tensor->values<std::uint8_t>()[1], 8);
}

TEST(Npy, RefusesByNameWhatItCannotRead) {
  EXPECT_EQ(KindOf(File(kScalar, "abcd")), "accepted");
  EXPECT_EQ(KindOf({}), "WrongFormat");
  EXPECT_EQ(KindOf(Bytes("PK\3\4 an archive of arrays")), "WrongFormat");
  EXPECT_EQ(KindOf(Bytes("\x93NUMPY\7\0\1\0{}"s)), "WrongFormat");
  EXPECT_EQ(KindOf(File("{'descr': '<c8', 'fortran_order': False, 'shape': ()}", "12345678")),
            "UnsupportedDtype");
  EXPECT_EQ(KindOf(File("{'descr': '|f4', 'fortran_order': False, 'shape': ()}", "1234")),
            "UnsupportedDtype");
  EXPECT_EQ(KindOf(File("{'descr': '<f4', 'fortran_order': True, 'shape': (1,1)}", "1234")),
            "OptionNotSupported");
}

TEST(Npy, RefusesHostileHeaders) {
  const std::string front = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  EXPECT_EQ(KindOf(File(front + "(4294967296, 4294967296)}", "abcd")), "LimitExceeded");
  EXPECT_EQ(KindOf(File(front + "(1000000000000,)}", "abcd")), "DamagedFile");
  EXPECT_EQ(KindOf(File(front + "(99999999999999999999,)}", "abcd")), "DamagedFile");
  EXPECT_EQ(KindOf(File(front + "(-1,)}", "abcd")), "DamagedFile");
  EXPECT_EQ(KindOf(File(
                front + "(" +
                    [] {
                      std::string ones;
                      for (int i = 0; i < 33; ++i) ones += "1,";
                      return ones;
                    }() +
                    ")}",
                "abcd")),
            "DamagedFile");
  EXPECT_EQ(KindOf(File("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': ()}", "abcd")),
            "DamagedFile");
  EXPECT_EQ(KindOf(File("{'descr': '<f4', 'fortran_order': False}", "abcd")), "DamagedFile");
  EXPECT_EQ(
      KindOf(File("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", "abcd")),
      "DamagedFile");
  EXPECT_EQ(KindOf(File(kScalar + "import os", "abcd")), "DamagedFile");
  EXPECT_EQ(KindOf(File("{'descr': '|b1', 'fortran_order': False, 'shape': ()}", "\2")),
            "DamagedFile");
  EXPECT_EQ(KindOf(Bytes("\x93NUMPY\3\0\xff\xff\xff\xff{}"s)), "LimitExceeded");
}

TEST(Npy, RefusesEveryFileThatIsCutShortOrTooLong) {
  const std::vector<std::byte> whole = File(kScalar, "abcd");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(whole.begin(),
                                     whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(KindOf(cut), size < 6 ? "WrongFormat" : "DamagedFile") << size;
  }
  std::vector<std::byte> longer = whole;
  longer.push_back(std::byte{0});
  EXPECT_EQ(KindOf(longer), "DamagedFile");
}

TEST(Npy, DoesNotWriteWhatTheFormatLacks) {
  EXPECT_EQ(TensorToNpy(Tensor(DType::kBFloat16, {1})).error().kind, ErrorKind::kUnsupportedDtype);
  EXPECT_EQ(TensorToNpy(Tensor(DType::kFloat32, Shape(33, 1))).error().kind,
            ErrorKind::kLimitExceeded);
}

}  // namespace
}  // namespace weightproof
