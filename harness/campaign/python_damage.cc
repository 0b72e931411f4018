#include "harness/campaign/python_damage.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/campaign/python_text.h"

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

std::string Parent(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

// Counted in the file, or from where `stored` finds the dataset.
std::string BytePlace(const Damage& d) {
  if (d.path.empty()) return fmt::format("{} % len(b)", d.index);
  return fmt::format("stored({}, {})", PythonText(d.path), d.index);
}

std::string DamageLine(const Damage& d) {
  const std::string at = "f[" + PythonText(d.path.empty() ? "/" : d.path) + "]";
  const std::string again = fmt::format("v = {}[()]; del {}; ", at, at);
  const std::string path = PythonText(d.path);
  switch (d.op) {
    case DamageOp::kDrop:
      return d.attribute.empty() ? "del " + at
                                 : fmt::format("del {}.attrs[{}]", at, PythonText(d.attribute));
    case DamageOp::kRename:
      return fmt::format("f.move({}, {})", path, PythonText(Parent(d.path) + d.to));
    case DamageOp::kSwap:
      return fmt::format("f.move({0}, \"swap\"); f.move({1}, {0}); f.move(\"swap\", {1})", path,
                         PythonText(d.to));
    case DamageOp::kReshape:
      return fmt::format("{}{} = v.reshape({})", again, at, PythonShape(d.shape));
    case DamageOp::kRetype:
      return fmt::format("{}{} = v.astype({}{})", again, at,
                         d.dtype.empty() ? "v.dtype" : "np.dtype(" + PythonText(d.dtype) + ")",
                         d.big_endian ? ".newbyteorder(\">\")" : "");
    case DamageOp::kDuplicate:
      return fmt::format("f.copy({}, {})", path, PythonText(d.to));
    case DamageOp::kSetAttribute: {
      Lines texts;
      for (const std::string& text : d.strings) texts.push_back(PythonText(text) + ".encode()");
      return fmt::format("{}.attrs[{}] = [{}]", at, PythonText(d.attribute),
                         fmt::join(texts, ", "));
    }
    case DamageOp::kChunk:
      return fmt::format("{}f.create_dataset({}, data=v, chunks=True{}{}{})", again, path,
                         d.deflate >= 0 ? fmt::format(", compression={}", d.deflate) : "",
                         d.shuffle ? ", shuffle=True" : "",
                         d.fletcher32 ? ", fletcher32=True" : "");
    case DamageOp::kSetValue:
      return fmt::format("v = {0}[()]; v.flat[{1}] = {2}; {0}[...] = v", at, d.index, d.value);
    case DamageOp::kFlip:
      return fmt::format("b[{}] ^= {}", BytePlace(d), d.mask);
    case DamageOp::kCut:
      return fmt::format("del b[{}:]", BytePlace(d));
    case DamageOp::kZero:
      return fmt::format("n = {0}; b[n:n + {1}] = bytes(len(b[n:n + {1}]))", BytePlace(d), d.bytes);
    case DamageOp::kAppend:
      return fmt::format("b += b\"\\x5a\" * {}", d.bytes);
    default:
      break;  // hostile: python_hostile.h
  }
  return "pass";
}

}  // namespace

std::vector<std::string> PythonDamage(const std::vector<Damage>& damage, const std::string& file) {
  Lines tree, bytes;
  for (const Damage& d : damage) (OfBytes(d.op) ? bytes : tree).push_back(DamageLine(d));
  if (!tree.empty()) {
    tree.insert(tree.begin(), fmt::format("import h5py; f = h5py.File({}, \"r+\")", file));
    tree.push_back("f.close()");
  }
  if (!bytes.empty()) {
    tree.push_back(fmt::format("b = bytearray(open({}, \"rb\").read())", file));
    if (std::ranges::any_of(damage,
                            [](const Damage& d) { return OfBytes(d.op) && !d.path.empty(); })) {
      tree.push_back(fmt::format(
          "import h5py; places = {{}}; h5py.File({}).visititems(lambda n, o: places.update({{n: "
          "((o.id.get_chunk_info(0).byte_offset, o.id.get_chunk_info(0).size) if o.chunks else "
          "(o.id.get_offset(), o.nbytes)) for _ in [0] if hasattr(o, \"nbytes\")}}))",
          file));
      tree.push_back("stored = lambda p, at: places[p][0] + at % places[p][1]");
    }
    tree.insert(tree.end(), bytes.begin(), bytes.end());
    tree.push_back(fmt::format("open({}, \"wb\").write(b)", file));
  }
  return tree;
}

}  // namespace weightproof
