#include "harness/testee/answer_bytes.h"

#include <array>
#include <cstring>

namespace weightproof {
namespace {

// One walk over all fields serves both directions.
class Writer {
 public:
  std::string bytes;
  bool ok = true;
  bool Holds(std::int64_t) const { return true; }
  void Number(std::uint64_t& n) { bytes.append(reinterpret_cast<const char*>(&n), sizeof n); }
  void Text(std::string& text) {
    std::uint64_t size = text.size();
    Number(size);
    bytes += text;
  }
  void Data(std::span<std::byte> data) {
    bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
};

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}
  bool ok = true;
  void Number(std::uint64_t& n) { Take(&n, sizeof n); }
  void Text(std::string& text) {
    std::uint64_t size = 0;
    Number(size);
    if (!ok || size > bytes_.size() - at_) {
      ok = false;
      return;
    }
    text.assign(bytes_, at_, size);
    at_ += size;
  }
  void Data(std::span<std::byte> data) { Take(data.data(), data.size()); }
  // Whether that many elements, of a byte at least, can still follow.
  bool Holds(std::int64_t count) const {
    return static_cast<std::uint64_t>(count) <= bytes_.size() - at_;
  }
  bool AtEnd() const { return at_ == bytes_.size(); }

 private:
  void Take(void* to, std::size_t size) {
    ok = ok && size <= bytes_.size() - at_;
    if (!ok) return;
    std::memcpy(to, bytes_.data() + at_, size);
    at_ += size;
  }
  const std::string& bytes_;
  std::size_t at_ = 0;
};

template <class Stream, class T>
void Enum(Stream& stream, T& value) {
  auto number = static_cast<std::uint64_t>(value);
  stream.Number(number);
  value = static_cast<T>(number);
}

template <class Stream, class T, class Each>
void List(Stream& stream, std::vector<T>& list, const Each& each) {
  std::uint64_t size = list.size();
  stream.Number(size);
  for (std::uint64_t i = 0; i < size && stream.ok; ++i) {
    if (i == list.size()) list.emplace_back();
    each(list[i]);
  }
}

template <class Stream>
void Value(Stream& stream, Tensor& tensor) {
  DType dtype = tensor.dtype();
  Shape shape = tensor.shape();
  std::uint64_t present = tensor.size() == 0 && tensor.shape().empty() ? 0 : 1;
  Enum(stream, dtype);
  stream.Number(present);
  List(stream, shape, [&](std::int64_t& d) { Enum(stream, d); });
  if (present == 0 || !stream.ok) return;
  const std::optional<std::int64_t> count = ElementCount(shape);
  if (dtype > DType::kBool || !count || !stream.Holds(*count)) {
    stream.ok = false;
    return;
  }
  if (tensor.bytes().empty()) tensor = Tensor(dtype, std::move(shape));
  stream.Data(tensor.bytes());
}

template <class Stream>
void Named(Stream& stream, std::vector<NamedTensor>& list) {
  List(stream, list, [&](NamedTensor& item) {
    stream.Text(item.id);
    Value(stream, item.tensor);
  });
}

template <class Stream>
void Pairs(Stream& stream, std::vector<std::pair<std::string, std::string>>& list) {
  List(stream, list, [&](std::pair<std::string, std::string>& item) {
    stream.Text(item.first);
    stream.Text(item.second);
  });
}

template <class Stream>
void Fields(Stream& stream, Answer& answer) {
  Enum(stream, answer.outcome);
  for (std::string* text : {&answer.error_kind, &answer.error_place, &answer.error_message,
                            &answer.error_remedy, &answer.resave_message}) {
    stream.Text(*text);
  }
  List(stream, answer.reports, [&](ReportLine& line) {
    stream.Text(line.kind);
    stream.Text(line.subject);
    stream.Text(line.text);
  });
  Named(stream, answer.variables);
  Named(stream, answer.variables_before);
  Value(stream, answer.prediction);
  Value(stream, answer.prediction_before);
  std::uint64_t flags =
      (answer.account ? 1u : 0u) | (answer.resave ? 2u : 0u) | (answer.repeatable ? 4u : 0u);
  stream.Number(flags);
  answer.repeatable = (flags & 4) != 0;
  if ((flags & 1) != 0) {
    if (!answer.account) answer.account.emplace();
    Pairs(stream, answer.account->sources);
    Pairs(stream, answer.account->unused);
  }
  if ((flags & 2) != 0) {
    if (!answer.resave) answer.resave.emplace();
    Enum(stream, *answer.resave);
  }
}

}  // namespace

std::string AnswerToBytes(const Answer& answer) {
  Writer writer;
  Answer copy = answer;
  Fields(writer, copy);
  return std::move(writer.bytes);
}

std::optional<Answer> AnswerFromBytes(const std::string& bytes) {
  Reader reader(bytes);
  Answer answer;
  Fields(reader, answer);
  if (!reader.ok || !reader.AtEnd()) return std::nullopt;
  return answer;
}

}  // namespace weightproof
