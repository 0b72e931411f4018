#include "fuzz/peak_memory.h"

#include <atomic>
#include <string>

#include "fuzz/driver.h"
#include "harness/properties/clauses.h"
#include "model/checkpoint/checkpoint.h"
#include "model/checkpoint/h5/reader.h"
#include "model/checkpoint/hdf5.h"

// Of the runtimes of the sanitizers (sanitizer/allocator_interface.h); absent without one.
extern "C" {
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void*, std::size_t),
    void (*free_hook)(const volatile void*));
__attribute__((weak)) std::size_t __sanitizer_get_allocated_size(const volatile void*);
}

namespace weightproof::fuzz {
namespace {

std::atomic<std::ptrdiff_t> live_bytes{0};
std::atomic<std::ptrdiff_t> peak_bytes{0};

void Allocated(const volatile void*, std::size_t size) {
  const auto bytes = static_cast<std::ptrdiff_t>(size);
  const std::ptrdiff_t live = live_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (live > peak_bytes.load(std::memory_order_relaxed)) {
    peak_bytes.store(live, std::memory_order_relaxed);
  }
}

void Freed(const volatile void* memory) {
  if (memory == nullptr) return;
  live_bytes.fetch_sub(static_cast<std::ptrdiff_t>(__sanitizer_get_allocated_size(memory)),
                       std::memory_order_relaxed);
}

}  // namespace

bool PeakMemory::IsMeasured() {
  static const bool installed = __sanitizer_install_malloc_and_free_hooks != nullptr &&
                                __sanitizer_get_allocated_size != nullptr &&
                                __sanitizer_install_malloc_and_free_hooks(Allocated, Freed) != 0;
  return installed;
}

PeakMemory::PeakMemory() {
  if (!IsMeasured()) return;
  // What was allocated before and is freed now may take it below nothing.
  live_bytes.store(0, std::memory_order_relaxed);
  peak_bytes.store(0, std::memory_order_relaxed);
}

std::size_t PeakMemory::bytes() const {
  return static_cast<std::size_t>(peak_bytes.load(std::memory_order_relaxed));
}

static std::string_view input_of_target;

void SetInputOfTarget(std::string_view input) { input_of_target = input; }
std::string_view InputOfTarget() { return input_of_target; }

void RequireMemory(std::size_t bytes, std::size_t bound) {
  if (bytes <= bound) return;
  Require("memory",
          Falsified(Severity::kUnbounded, "memory-over-bound",
                    std::to_string(bytes) + " bytes at once, over the bound of " +
                        std::to_string(bound) + " for a file of " +
                        std::to_string(input_of_target.size()) + " bytes"),
          input_of_target);
}

std::size_t ReadingBound(std::size_t file_bytes) {
  return (h5::kMemoryPerByte + 1) * file_bytes + h5::kMemoryFixed;
}

std::size_t LoadingBound(std::size_t file_bytes, const Network& network) {
  std::size_t model = 0;
  for (const Tensor& variable : network.variables()) {
    model += variable.bytes().size() + kLoadMemoryPerVariable;
  }
  return ReadingBound(file_bytes) + kLoadMemoryPerByte * file_bytes +
         kLoadMemoryPerModelByte * model;
}

std::size_t InflatedBound(std::size_t file_bytes) {
  return h5::kMemoryPerInflated * Hdf5Limits().inflate_ratio_max * file_bytes;
}

}  // namespace weightproof::fuzz
