#include "model/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace weightproof {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct DescrRow {
  DType dtype;
  std::string_view code;  // of `descr`, behind the byte order
};

constexpr std::array kDescrs{
    DescrRow{DType::kFloat16, "f2"}, DescrRow{DType::kFloat32, "f4"},
    DescrRow{DType::kFloat64, "f8"}, DescrRow{DType::kInt8, "i1"},
    DescrRow{DType::kInt16, "i2"},   DescrRow{DType::kInt32, "i4"},
    DescrRow{DType::kInt64, "i8"},   DescrRow{DType::kUInt8, "u1"},
    DescrRow{DType::kUInt16, "u2"},  DescrRow{DType::kUInt32, "u4"},
    DescrRow{DType::kUInt64, "u8"},  DescrRow{DType::kBool, "b1"},
};

struct Header {
  std::string descr;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;
};

// Reads the header's Python dict literal, which holds exactly descr, fortran_order and shape.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  // What is wrong with the header, or "".
  std::string Parse(Header* header) {
    if (!Take('{')) return "the header does not start with '{'";
    while (!Take('}')) {
      const std::optional<std::string> key = Text();
      if (!key || !Take(':')) return "the header is no dictionary of three entries";
      if (*key == "descr" && header->descr.empty()) {
        std::optional<std::string> descr = Text();
        if (!descr || descr->empty()) return "descr is no simple type";
        header->descr = std::move(*descr);
      } else if (*key == "fortran_order" && !header->fortran_order) {
        if (TakeWord("False")) {
          header->fortran_order = false;
        } else if (TakeWord("True")) {
          header->fortran_order = true;
        } else {
          return "fortran_order is neither True nor False";
        }
      } else if (*key == "shape" && !header->shape) {
        header->shape = Dimensions();
        if (!header->shape) return "shape is no tuple of non-negative numbers";
      } else {
        return "the header has an unknown or repeated key \"" + *key + "\"";
      }
      if (!Take(',') && Peek() != '}') return "two entries of the header have no comma between";
    }
    SkipBlanks();
    if (!rest_.empty()) return "text follows the header's dictionary";
    if (header->descr.empty() || !header->fortran_order || !header->shape)
      return "the header lacks descr, fortran_order or shape";
    return "";
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n')) rest_.remove_prefix(1);
  }
  char Peek() {
    SkipBlanks();
    return rest_.empty() ? '\0' : rest_[0];
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool TakeWord(std::string_view word) {
    SkipBlanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string> Text() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    const std::size_t end = rest_.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::optional<Shape> Dimensions() {
    if (!Take('(')) return std::nullopt;
    Shape shape;
    while (!Take(')')) {
      SkipBlanks();
      std::int64_t dimension = -1;
      const auto [end, problem] =
          std::from_chars(rest_.data(), rest_.data() + rest_.size(), dimension);
      if (problem != std::errc() || dimension < 0 || shape.size() == kNpyRankMax)
        return std::nullopt;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      shape.push_back(dimension);
      if (!Take(',') && Peek() != ')') return std::nullopt;
    }
    return shape;
  }

  std::string_view rest_;
};

void SwapBytes(std::span<std::byte> bytes, std::size_t size) {
  for (std::size_t i = 0; i + size <= bytes.size(); i += size)
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                 bytes.begin() + static_cast<std::ptrdiff_t>(i + size));
}

std::unexpected<Error> Damaged(const std::string& place, std::string message) {
  return Fail(ErrorKind::kDamagedFile, place, std::move(message),
              "write the file again with numpy.save");
}

}  // namespace

Result<Tensor> TensorFromNpy(std::span<const std::byte> file, const std::string& place) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (!text.starts_with(kMagic))
    return Fail(ErrorKind::kWrongFormat, place, "not a .npy file", "write it with numpy.save");
  if (file.size() < 12) return Damaged(place, "the file ends inside its header");
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(file[i]); };
  const std::size_t version = at(6);
  if (version < 1 || version > 3 || at(7) != 0)
    return Fail(ErrorKind::kWrongFormat, place,
                "a .npy file of version " + std::to_string(version) + "." + std::to_string(at(7)),
                "write it with numpy.save, which uses 1.0");
  const std::size_t begin = version == 1 ? 10 : 12;
  const std::size_t length =
      version == 1 ? at(8) | at(9) << 8 : at(8) | at(9) << 8 | at(10) << 16 | at(11) << 24;
  if (length > kNpyHeaderBytesMax)
    return Fail(ErrorKind::kLimitExceeded, place,
                "a header of " + std::to_string(length) + " bytes, limit " +
                    std::to_string(kNpyHeaderBytesMax),
                "write the file again with numpy.save");
  if (length > file.size() - begin) return Damaged(place, "the file ends inside its header");

  Header header;
  if (std::string problem = HeaderParser(text.substr(begin, length)).Parse(&header);
      !problem.empty())
    return Damaged(place, std::move(problem));
  const auto row = std::ranges::find_if(kDescrs, [&](const DescrRow& r) {
    return std::string_view(header.descr).substr(1) == r.code;
  });
  const char order = header.descr[0];
  if (row == kDescrs.end() || (order != '<' && order != '>' && order != '|') ||
      (order == '|') != (DTypeSize(row->dtype) == 1))
    return Fail(ErrorKind::kUnsupportedDtype, place, "elements of type " + header.descr,
                "convert with array.astype(\"float32\")");
  if (*header.fortran_order && header.shape->size() > 1)
    return Fail(ErrorKind::kOptionNotSupported, place, "the array is in Fortran order",
                "save numpy.ascontiguousarray(array)");
  const std::optional<std::int64_t> count = ElementCount(*header.shape);
  if (!count)
    return Fail(ErrorKind::kLimitExceeded, place,
                "shape " + ShapeText(*header.shape) + " has too many elements",
                "save a smaller array");
  const std::size_t size = DTypeSize(row->dtype);
  const std::span<const std::byte> data = file.subspan(begin + length);
  if (data.size() != static_cast<std::size_t>(*count) * size)
    return Damaged(place, "shape " + ShapeText(*header.shape) + " of " + header.descr + " needs " +
                              std::to_string(static_cast<std::size_t>(*count) * size) +
                              " bytes, the file has " + std::to_string(data.size()));
  Tensor tensor(row->dtype, *header.shape);
  if (!data.empty()) std::memcpy(tensor.bytes().data(), data.data(), data.size());
  if (order == '>') SwapBytes(tensor.bytes(), size);
  if (row->dtype == DType::kBool &&
      std::ranges::any_of(tensor.bytes(), [](std::byte b) { return b > std::byte{1}; }))
    return Damaged(place, "a bool that is neither 0 nor 1");
  return tensor;
}

Result<std::vector<std::byte>> TensorToNpy(const Tensor& tensor) {
  const auto row = std::ranges::find(kDescrs, tensor.dtype(), &DescrRow::dtype);
  if (row == kDescrs.end())
    return Fail(ErrorKind::kUnsupportedDtype, "output",
                ".npy has no " + std::string(DTypeName(tensor.dtype())), "convert to float32");
  if (tensor.shape().size() > kNpyRankMax)
    return Fail(
        ErrorKind::kLimitExceeded, "output",
        std::to_string(tensor.shape().size()) + " dimensions, limit " + std::to_string(kNpyRankMax),
        "reshape to fewer dimensions");
  std::string header = "{'descr': '";
  header += DTypeSize(row->dtype) == 1 ? '|' : '<';
  header += row->code;
  header += "', 'fortran_order': False, 'shape': " + ShapeText(tensor.shape()) + ", }";
  // numpy leaves room for the first dimension to grow to 21 digits, then fills up so that the data
  // starts at a multiple of 64.
  if (!tensor.shape().empty()) header.append(21 - std::to_string(tensor.shape()[0]).size(), ' ');
  header.append(64 - (10 + header.size() + 1) % 64, ' ');
  header += '\n';

  std::string text(kMagic);
  text += '\1';
  text += '\0';
  text += static_cast<char>(header.size() & 0xff);
  text += static_cast<char>(header.size() >> 8);
  text += header;
  std::vector<std::byte> file(text.size() + tensor.bytes().size());
  std::memcpy(file.data(), text.data(), text.size());
  if (!tensor.bytes().empty())
    std::memcpy(file.data() + text.size(), tensor.bytes().data(), tensor.bytes().size());
  return file;
}

}  // namespace weightproof
