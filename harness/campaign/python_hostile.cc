#include "harness/campaign/python_hostile.h"

#include <fmt/core.h>

#include "harness/campaign/python_text.h"

namespace weightproof {
namespace {

using Lines = std::vector<std::string>;

std::string Hdf5Line(const Damage& d) {
  const std::string p = PythonText(d.path);
  const std::string at = "f[" + p + "]";
  switch (d.op) {
    case DamageOp::kExternalLink:
      return fmt::format("del {0}; {0} = h5py.ExternalLink(B + \"/bait.h5\", {1})", at, p);
    case DamageOp::kSoftLink:
      if (d.how == "elsewhere") {
        return fmt::format("f.move({}, \"moved\"); {} = h5py.SoftLink(\"/moved\")", p, at);
      }
      return fmt::format("del {0}; {0} = h5py.SoftLink({1})", at,
                         d.how == "nowhere" ? "\"/nowhere\"" : "\"/\" + " + p);
    case DamageOp::kExternalStorage:
      return fmt::format(
          "v = {0}[()]; del {0}; open(B + \"/bait.bin\", \"wb\").write(v.tobytes()); "
          "f.create_dataset({1}, v.shape, v.dtype, external=[(B + \"/bait.bin\", 0, v.nbytes)])",
          at, p);
    case DamageOp::kVirtual:
      return fmt::format(
          "{2}v = {0}; t = h5py.VirtualLayout(v.shape, v.dtype); "
          "t[...] = h5py.VirtualSource({3}, v.shape); "
          "del {0}; f.create_virtual_dataset({1}, t)",
          at, p,
          d.how == "itself"
              ? ""
              : fmt::format(
                    "b = h5py.File(B + \"/bait.h5\", \"r+\"); b.copy({}, \"bait\"); b.close(); ",
                    p),
          d.how == "itself" ? "\".\", " + p : "B + \"/bait.h5\", \"bait\"");
    default:
      return fmt::format(
          "t = {0}.dtype; del {0}; f.create_dataset({1}, ({2} // t.itemsize,), t, "
          "fillvalue=1{3})",
          at, p, d.bytes, d.how == "chunked" ? ", chunks=(262144,), compression=1" : "");
  }
}

// The edit of `k`, a model's config.
Lines ConfigLines(const Damage& d, bool keras3) {
  constexpr const char* kFunction =
      "{\"module\": M, \"class_name\": \"function\", \"config\": \"bait\", "
      "\"registered_name\": \"bait\"}";
  Lines lines = {"M = \"bait_module\"; sys.path.append(\"\")",
                 "open(M + \".py\", \"w\").write(f\"def bait(*a, **k): open({B + '/ran'!r}, 'w')\\n"
                 "class Bait:\\n  @classmethod\\n  def from_config(cls, c): bait()\\nbait()\")"};
  if (d.how == "loss") {
    lines.push_back(
        fmt::format("k[\"compile_config\"] = {{\"optimizer\": \"sgd\", \"loss\": {}}}", kFunction));
    return lines;
  }
  lines.push_back(
      "l = [l for l in k[\"config\"][\"layers\"] if l[\"class_name\"] != \"InputLayer\"][0]; "
      "name = l[\"config\"][\"name\"]");
  if (d.how == "module") {
    lines.push_back("l.update(module=M, class_name=\"Bait\", registered_name=\"Bait\")");
    return lines;
  }
  if (keras3) {
    lines.push_back("l.update(module=\"keras.layers\", registered_name=None)");
  } else {
    lines.push_back("if \"module\" in l: l.update(module=\"keras.layers\", registered_name=None)");
  }
  if (d.how == "vocabulary") {
    lines.push_back("open(B + \"/bait.txt\", \"w\").write(\"alpha\\nbeta\\n\")");
    lines.push_back(
        "l.update(class_name=\"StringLookup\", config={\"name\": name, \"vocabulary\": "
        "B + \"/bait.txt\"})");
    return lines;
  }
  std::string function = d.how == "lambda" ? "[code, None, None]" : "\"bait\"";
  std::string more = fmt::format(
      ", \"function_type\": \"{}\", \"module\": M, \"output_shape\": None, "
      "\"output_shape_type\": \"raw\", \"output_shape_module\": None",
      d.how);
  if (keras3) {
    more.clear();
    function = d.how == "lambda" ? "{\"class_name\": \"__lambda__\", \"config\": {\"code\": code, "
                                   "\"defaults\": None, \"closure\": None}}"
                                 : kFunction;
  }
  if (d.how == "lambda") {
    lines.push_back(
        "import base64, marshal; code = base64.b64encode(marshal.dumps((lambda *a: "
        "__import__(\"bait_module\").bait()).__code__)).decode()");
  }
  lines.push_back(
      fmt::format("l.update(class_name=\"Lambda\", config={{\"name\": name, "
                  "\"arguments\": {{}}, \"function\": {}{}}})",
                  function, more));
  return lines;
}

void Append(Lines& lines, Lines more) {
  for (std::string& line : more) lines.push_back(std::move(line));
}

}  // namespace

Lines PythonHostile(const Case& c, const std::string& file) {
  const Damage& d = c.damage.front();
  const bool keras3 = c.architecture.dialect == Dialect::kKeras3;
  const bool config = d.op == DamageOp::kConfig;
  Lines lines = {"import h5py, json, zipfile; B = tempfile.mkdtemp()"};
  if (c.route.format != RouteFormat::kKerasArchive) {
    lines.push_back(
        fmt::format("shutil.copy({0}, B + \"/bait.h5\"); f = h5py.File({0}, \"r+\")", file));
    if (config) {
      lines.push_back("k = json.loads(f.attrs[\"model_config\"])");
      Append(lines, ConfigLines(d, keras3));
      lines.push_back("f.attrs[\"model_config\"] = json.dumps(k)");
    } else {
      lines.push_back(Hdf5Line(d));
    }
    lines.push_back("f.close()");
    return lines;
  }
  lines.push_back(fmt::format(
      "z = zipfile.ZipFile({}); e = {{n: z.read(n) for n in z.namelist()}}; z.close()", file));
  std::string name = "\"model.weights.h5\"";
  if (config) {
    lines.push_back("k = json.loads(e[\"config.json\"])");
    Append(lines, ConfigLines(d, keras3));
    lines.push_back("e[\"config.json\"] = json.dumps(k).encode()");
  } else if (d.op == DamageOp::kBomb) {
    if (d.how == "config") name = "\"config.json\"";
    if (d.how == "asset") name = "\"assets/bait.txt\"";
    lines.push_back(fmt::format("e[{0}] = e.get({0}, b\"\") + b\"{1}\" * {2}", name,
                                d.how == "weights" ? "\\0" : " ", d.bytes));
  } else if (d.op == DamageOp::kTraversal) {
    lines.push_back(fmt::format("e[{}B + \"/dropped\"] = b\"bait\"",
                                d.how == "parent" ? "\"assets\" + 24 * \"/..\" + " : ""));
  } else {
    lines.push_back(
        fmt::format("open(\"in.h5\", \"wb\").write(e[{}]); shutil.copy(\"in.h5\", B + "
                    "\"/bait.h5\"); f = h5py.File(\"in.h5\", \"r+\")",
                    name));
    lines.push_back(Hdf5Line(d));
    lines.push_back(fmt::format("f.close(); e[{}] = open(\"in.h5\", \"rb\").read()", name));
  }
  lines.push_back(fmt::format("z = zipfile.ZipFile({}, \"w\")", file));
  lines.push_back(
      fmt::format("for n in e: z.writestr(n, e[n], {})", d.op == DamageOp::kBomb ? "8" : "0"));
  lines.push_back("z.close(); del e");
  return lines;
}

Lines PythonWatchedLoad(const std::string& make, const std::string& call) {
  Lines lines = {
      "peak = lambda: int(open(\"/proc/self/status\").read().split(\"VmHWM:\")[1].split()[0]) "
      ">> 10",
      make,
      "old = os.listdir(B); import ctypes; C = ctypes.CDLL(None); w = C.inotify_init1(2048); "
      "C.inotify_add_watch(w, B.encode(), 33)",
      "open(\"/proc/self/clear_refs\", \"w\").write(\"5\"); before = peak()",
      "try: " + call + "; print(\"accepted\")",
      "except Exception as e: print(\"refused:\", type(e).__name__, str(e)[:300])",
      "try: opened = os.read(w, 65536)[16:].split(b\"\\0\")[0].decode()",
      "except BlockingIOError: opened = \"\"",
      "new, more = sorted(set(os.listdir(B)) - set(old)), peak() - before",
      "print(\"opened:\", opened or None, \"made or ran:\", new, \"MiB more:\", more)",
      "sys.exit(opened != \"\" or new != [] or more > 384)"};
  std::erase(lines, "");
  return lines;
}

}  // namespace weightproof
