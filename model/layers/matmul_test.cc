#include "model/layers/matmul.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "model/tensor.h"

namespace weightproof {
namespace {

using Buffer = std::vector<float, AlignedAllocator<float>>;

Buffer Numbers(std::int64_t count, unsigned seed) {
  Buffer buffer;
  for (std::int64_t i = 0; i < count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    buffer.push_back(static_cast<float>(seed >> 8) / 8388608.0F - 1.0F);
  }
  return buffer;
}

MatMulSize Size(std::int64_t rows, std::int64_t depth, std::int64_t cols) {
  return {.rows = rows,
          .depth = depth,
          .cols = cols,
          .x_stride = depth,
          .w_stride = cols,
          .y_stride = cols,
          .more_terms = 0};
}

TEST(MatMul, GivesTheSameBitsAtEveryAlignmentAndBatchSize) {
  for (const std::int64_t cols : {1, 3, 7, 8, 9, 16, 33}) {
    for (const std::int64_t depth : {1, 4, 7, 30}) {
      constexpr std::int64_t kRows = 6;
      const Buffer x = Numbers(kRows * depth, 1), w = Numbers(depth * cols, 2);
      const Buffer bias = Numbers(cols, 3);
      Buffer expected(kRows * cols);
      MatMul(Size(kRows, depth, cols), x.data(), w.data(), bias.data(), expected.data());
      for (std::int64_t shift = 0; shift < 16; ++shift) {
        Buffer moved_x(x.size() + 16), moved_w(w.size() + 16), y(expected.size() + 16);
        std::copy(x.begin(), x.end(), moved_x.begin() + shift);
        std::copy(w.begin(), w.end(), moved_w.begin() + (shift * 5) % 16);
        float* const out = y.data() + (shift * 3) % 16;
        for (std::int64_t row = 0; row < kRows; ++row) {
          MatMul(Size(1, depth, cols), moved_x.data() + shift + row * depth,
                 moved_w.data() + (shift * 5) % 16, bias.data(), out + row * cols);
        }
        EXPECT_EQ(std::memcmp(out, expected.data(), expected.size() * sizeof(float)), 0)
            << "depth " << depth << " cols " << cols << " shift " << shift;
      }
    }
  }
}

TEST(MatMul, SumsInTheOrderBiasFirstThenDepth) {
  constexpr std::int64_t kDepth = 11, kCols = 13;
  const Buffer x = Numbers(kDepth, 4), w = Numbers(kDepth * kCols, 5), bias = Numbers(kCols, 6);
  Buffer y(kCols);
  MatMul(Size(1, kDepth, kCols), x.data(), w.data(), bias.data(), y.data());
  for (std::int64_t c = 0; c < kCols; ++c) {
    volatile float sum = bias[c];  // no wider registers, no contraction
    for (std::int64_t k = 0; k < kDepth; ++k) {
      volatile float product = x[k] * w[k * kCols + c];
      sum = sum + product;
    }
    EXPECT_EQ(y[c], sum);
  }
}

TEST(MatMul, BoundsEveryOrderOfSummation) {
  constexpr std::int64_t kDepth = 50;
  const Buffer x = Numbers(kDepth, 7), w = Numbers(kDepth, 8);
  const std::vector<Tracked> exact(x.begin(), x.end());
  Tracked y;
  MatMul(Size(1, kDepth, 1), exact.data(), w.data(), nullptr, &y);
  float forward = 0, backward = 0;
  for (std::int64_t k = 0; k < kDepth; ++k) {
    forward += x[k] * w[k];
    backward += x[kDepth - 1 - k] * w[kDepth - 1 - k];
  }
  EXPECT_LE(std::fabs(forward - y.value), y.error);
  EXPECT_LE(std::fabs(backward - y.value), y.error);
  EXPECT_LT(y.error, 1e-4);
}

}  // namespace
}  // namespace weightproof
