#include "model/tensor.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "model/float_bits.h"

namespace weightproof {
namespace {

Tensor Floats(Shape shape, std::vector<float> values) {
  Tensor tensor(DType::kFloat32, std::move(shape));
  std::ranges::copy(values, tensor.values<float>().begin());
  return tensor;
}

// Expected values by: python3 -c 'import hashlib,struct; print(hashlib.sha256(
//   b"float32\n2,2\n"+struct.pack("<4f",1,2,3,4)).hexdigest())'
TEST(Digest, HashesDtypeShapeAndBytesAsDocumented) {
  EXPECT_EQ(DigestHex(TensorDigest(Floats({2, 2}, {1, 2, 3, 4}))),
            "8906ddd5d4c5a909fc77c47d4955f651a1eb83119b7adcb0e801232351813f65");
  EXPECT_EQ(DigestHex(TensorDigest(Floats({}, {1}))),
            "340d8e4c8a4d40ccefeacd984e054d9232ae70e8268a8c3e2e23b68adbf90262");
}

TEST(Digest, OfAModelDoesNotDependOnTheOrderOfItsVariables) {
  const Digest a = TensorDigest(Floats({1}, {1}));
  const Digest b = TensorDigest(Floats({1}, {2}));
  const std::vector<std::pair<std::string, Digest>> ab{{"0/kernel", a}, {"1/kernel", b}};
  const std::vector<std::pair<std::string, Digest>> ba{{"1/kernel", b}, {"0/kernel", a}};
  const std::vector<std::pair<std::string, Digest>> swapped{{"0/kernel", b}, {"1/kernel", a}};
  EXPECT_EQ(ModelDigest(ab), ModelDigest(ba));
  EXPECT_NE(ModelDigest(ab), ModelDigest(swapped));
  EXPECT_EQ(DigestHex(ModelDigest(ab)),
            "346045be9e0fa8d2d0cd76b793fdaea29b0831d0b73dade6ba63da71ec593ef3");
}

TEST(Digest, TellsShapesWithEqualBytesApart) {
  EXPECT_NE(TensorDigest(Floats({2, 1}, {1, 2})), TensorDigest(Floats({1, 2}, {1, 2})));
}

TEST(HalfFloat, EveryBitPatternSurvivesTheWayToDoubleAndBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = HalfToFloat(half);
    if (std::isnan(value)) continue;
    EXPECT_EQ(DoubleToSmallFloat(value, 5, 10), half);
    const float wide = std::bit_cast<float>(bits << 16);
    if (!std::isnan(wide)) {
      EXPECT_EQ(DoubleToSmallFloat(wide, 8, 7), half);
    }
  }
}

TEST(HalfFloat, RoundsToNearestEvenAndOverflowsToInfinity) {
  EXPECT_EQ(DoubleToSmallFloat(65519.0, 5, 10), 0x7bff);
  EXPECT_EQ(DoubleToSmallFloat(65520.0, 5, 10), 0x7c00);
  EXPECT_EQ(DoubleToSmallFloat(1.0 + 1.0 / 2048, 5, 10), 0x3c00);
  EXPECT_EQ(DoubleToSmallFloat(1.0 + 3.0 / 2048, 5, 10), 0x3c02);
}

TEST(Conversion, WideningIsExactAndNarrowingIsNot) {
  EXPECT_TRUE(WidensExactly(DType::kFloat16, DType::kFloat32));
  EXPECT_TRUE(WidensExactly(DType::kBFloat16, DType::kFloat32));
  EXPECT_FALSE(WidensExactly(DType::kFloat16, DType::kBFloat16));
  EXPECT_FALSE(WidensExactly(DType::kFloat64, DType::kFloat32));
  EXPECT_FALSE(WidensExactly(DType::kInt32, DType::kFloat32));
  EXPECT_TRUE(WidensExactly(DType::kInt16, DType::kFloat32));
  EXPECT_TRUE(WidensExactly(DType::kUInt8, DType::kInt16));
  EXPECT_FALSE(WidensExactly(DType::kInt8, DType::kUInt16));
  const Tensor wide = *Convert(Floats({3}, {-0.0f, std::numeric_limits<float>::denorm_min(),
                                            std::numeric_limits<float>::infinity()}),
                               DType::kFloat64);
  EXPECT_TRUE(std::signbit(wide.values<double>()[0]));
  EXPECT_EQ(*Convert(wide, DType::kFloat32),
            Floats({3}, {-0.0f, std::numeric_limits<float>::denorm_min(),
                         std::numeric_limits<float>::infinity()}));
  EXPECT_FALSE(Convert(wide, DType::kInt32).has_value());
}

TEST(Shape, CountsElementsAndRefusesOverflow) {
  EXPECT_EQ(ElementCount(Shape{}), 1);
  EXPECT_EQ(ElementCount(Shape{0, 1'000'000}), 0);
  EXPECT_FALSE(ElementCount(Shape{-1}).has_value());
  EXPECT_FALSE(ElementCount(Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}).has_value());
  EXPECT_EQ(ShapeText(Shape{3}), "(3,)");
}

}  // namespace
}  // namespace weightproof
