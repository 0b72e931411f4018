#include "model/checkpoint/h5/dataset_storage.h"

#include <algorithm>
#include <array>

#include "model/checkpoint/h5/chunks.h"

namespace weightproof::h5 {
namespace {

Parsed<FilterStep> StepOf(std::uint16_t id, Cursor& values, std::uint16_t count,
                          std::uint64_t offset) {
  const std::uint32_t value = count > 0 ? values.U32() : 0;
  switch (id) {
    case 1:
      if (count != 1 || value > 9) return Damaged(offset, "a deflate filter without its level");
      return FilterStep{Filter::kDeflate, value};
    case 2:
      if (count != 1 || value == 0) {
        return Damaged(offset, "a shuffle filter without the size of its elements");
      }
      return FilterStep{Filter::kShuffle, value};
    case 3:
      return FilterStep{Filter::kFletcher32, 0};
    default:
      return Forbidden(offset, "filter " + std::to_string(id) +
                                   "; this reader has deflate (gzip), shuffle and fletcher32");
  }
}

// What stands where nothing was written.
std::vector<std::byte> Filled(std::uint64_t bytes, Bytes fill) {
  std::vector<std::byte> values(bytes);
  if (std::ranges::all_of(fill, [](std::byte b) { return b == std::byte{0}; })) return values;
  for (std::uint64_t at = 0; at < bytes; at += fill.size()) {
    std::ranges::copy(fill, values.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return values;
}

}  // namespace

Parsed<Layout> ReadLayout(Bytes data, std::uint64_t offset) {
  Cursor in(data, offset);
  const std::uint8_t version = in.U8();
  const std::uint8_t cls = in.U8();
  if (version != 3 && version != 4) {
    return Forbidden(offset, "a layout of version " + std::to_string(version));
  }
  Layout layout;
  layout.offset = offset;
  switch (cls) {
    case 0:
      layout.cls = LayoutClass::kCompact;
      layout.size = in.U16();
      layout.compact = in.Span(layout.size);
      break;
    case 1:
      layout.address = in.U64();
      layout.size = in.U64();
      break;
    case 2: {
      if (version == 4) return Forbidden(offset, "chunks under an index of layout 4");
      layout.cls = LayoutClass::kChunked;
      const std::uint8_t dimensions = in.U8();
      if (dimensions < 2 || dimensions > kRankMax + 1) {
        return Damaged(offset, "chunks of " + std::to_string(dimensions) + " dimensions");
      }
      layout.address = in.U64();
      for (int i = 0; i < dimensions; ++i) layout.chunk.push_back(in.U32());
      break;
    }
    case 3:
      return Forbidden(offset, "a virtual dataset, made from other files");
    default:
      return Forbidden(offset, "a layout of an unknown kind");
  }
  if (!in.ok()) return Damaged(offset, "a layout that is cut short");
  return layout;
}

Parsed<std::vector<FilterStep>> ReadFilters(Bytes data, std::uint64_t offset) {
  Cursor in(data, offset);
  const std::uint8_t version = in.U8();
  const std::uint8_t count = in.U8();
  if (version != 1 && version != 2) {
    return Forbidden(offset, "filters of version " + std::to_string(version));
  }
  if (version == 1) in.Skip(6);
  std::vector<FilterStep> steps;
  for (int i = 0; i < count; ++i) {
    const std::uint16_t id = in.U16();
    const std::uint16_t name = version == 1 || id >= 256 ? in.U16() : 0;
    in.Skip(2);  // flags: whether a writer may leave it out
    const std::uint16_t values = in.U16();
    in.Skip(version == 1 ? (name + 7) / 8 * 8 : name);
    const std::uint64_t at = in.offset();
    Cursor client(in.Span(std::size_t{values} * 4), at);
    if (version == 1 && values % 2 == 1) in.Skip(4);
    if (!in.ok()) return Damaged(offset, "filters that are cut short");
    const Parsed<FilterStep> step = StepOf(id, client, values, offset);
    if (!step) return std::unexpected(step.error());
    const bool twice = std::ranges::find(steps, step->filter, &FilterStep::filter) != steps.end();
    if (twice) return Forbidden(offset, "one filter twice");
    steps.push_back(*step);
  }
  return steps;
}

Parsed<FillValue> ReadFillValue(Bytes data, std::uint64_t offset) {
  constexpr std::uint8_t kNever = 1;  // of the times at which the value is written
  Cursor in(data, offset);
  const std::uint8_t version = in.U8();
  if (version < 1 || version > 3) {
    return Forbidden(offset, "a fill value of version " + std::to_string(version));
  }
  FillValue fill;
  bool there = false;
  if (version == 3) {
    const std::uint8_t flags = in.U8();
    if ((flags & 0xc0) != 0) return Damaged(offset, "a fill value with unknown flags");
    fill.defined = (flags & 0x10) == 0 && (flags >> 2 & 3) != kNever;
    there = (flags & 0x20) != 0;
  } else {
    in.Skip(1);  // when space is taken
    const std::uint8_t time = in.U8();
    const bool defined = in.U8() != 0;
    fill.defined = defined && time != kNever;
    there = defined || version == 1;
  }
  if (there) fill.value = in.Span(in.U32());
  if (!in.ok()) return Damaged(offset, "a fill value that is cut short");
  return fill;
}

Parsed<FillValue> ReadOldFillValue(Bytes data, std::uint64_t offset) {
  Cursor in(data, offset);
  FillValue fill;
  fill.value = in.Span(in.U32());
  fill.defined = !fill.value.empty();
  if (!in.ok()) return Damaged(offset, "a fill value that is cut short");
  return fill;
}

Parsed<Values> ReadValues(Image& image, const Superblock& superblock, const DatasetStorage& dataset,
                          const Hdf5Limits& limits) {
  const Layout& layout = dataset.layout;
  const std::uint64_t element = dataset.type.file_bytes;
  const std::uint64_t bytes = dataset.space.count * element;
  Values values;
  values.offset = layout.offset;
  if (const std::size_t size = dataset.fill.value.size(); size != 0 && size != element) {
    return Damaged(layout.offset, "a fill value of another size than the elements");
  }
  if (!dataset.filters.empty() && layout.cls != LayoutClass::kChunked) {
    return Damaged(layout.offset, "filters on values that are not in chunks");
  }
  if (layout.cls == LayoutClass::kChunked) {
    Parsed<std::vector<std::byte>> read =
        ReadChunks(image, superblock, dataset, Filled(bytes, dataset.fill.value), limits);
    if (!read) return std::unexpected(read.error());
    values.owned = *std::move(read);
    return values;
  }
  if (dataset.space.null_space) return values;
  if (layout.cls == LayoutClass::kContiguous && layout.address == kUndefined) {
    if (!dataset.fill.defined && bytes > 0) {
      return Damaged(layout.offset, "values that were never written, and nothing to fill in");
    }
    values.owned = Filled(bytes, dataset.fill.value);
    return values;
  }
  if (layout.size != bytes) {
    return Damaged(layout.offset, "values of " + std::to_string(layout.size) +
                                      " bytes, and the shape needs " + std::to_string(bytes));
  }
  values.is_view = true;
  if (layout.cls == LayoutClass::kCompact) {
    values.view = layout.compact;
    return values;
  }
  const Parsed<Bytes> stored = image.Claim(layout.address, bytes, "the values of a dataset");
  if (!stored) return std::unexpected(stored.error());
  values.view = *stored;
  values.offset = image.Offset(layout.address);
  return values;
}

}  // namespace weightproof::h5
