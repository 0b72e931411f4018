#include "harness/testee/base64.h"

#include <gtest/gtest.h>

namespace weightproof {
namespace {

std::string Encode(std::string_view text) {
  return Base64Encode(std::as_bytes(std::span(text.data(), text.size())));
}

TEST(Base64, EncodesTheVectorsOfTheStandard) {
  EXPECT_EQ(Encode(""), "");
  EXPECT_EQ(Encode("f"), "Zg==");
  EXPECT_EQ(Encode("fo"), "Zm8=");
  EXPECT_EQ(Encode("foo"), "Zm9v");
  EXPECT_EQ(Encode("foobar"), "Zm9vYmFy");
}

TEST(Base64, DecodesWhatItEncodedForEveryLengthAndByte) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 700; ++i) {
    const auto back = Base64Decode(Base64Encode(bytes));
    ASSERT_TRUE(back.has_value()) << i;
    ASSERT_EQ(*back, bytes) << i;
    bytes.push_back(static_cast<std::byte>((i * 37) & 0xFF));
  }
}

TEST(Base64, RefusesEveryOtherText) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zm9v\n", "Zm 9", "Zm9-",
                           "Zg==Zg==", "Zh==", "Zm9=", "Zm=v"}) {
    EXPECT_FALSE(Base64Decode(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace weightproof
