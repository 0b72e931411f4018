#include "model/checkpoint/hdf5_library.h"

#include <hdf5.h>

#include <algorithm>
#include <array>

namespace weightproof::hdf5 {
namespace {

static_assert(sizeof(Id) == sizeof(hid_t));

// Bytes by which an in-memory file grows: a small checkpoint fits in one step.
constexpr std::size_t kGrowthBytes = std::size_t{64} << 10;

// Bytes that the library converts at a time; only text of variable length needs it. Its default of
// 1 MiB is cleared for every dataset.
constexpr std::size_t kConversionBytes = std::size_t{16} << 10;

Id MakeVlenString(H5T_cset_t charset) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_strpad(type, H5T_STR_NULLTERM);
  H5Tset_cset(type, charset);
  return type;
}

Id MakeBoolEnum() {
  const hid_t type = H5Tenum_create(H5T_STD_I8LE);
  const std::int8_t no = 0;
  const std::int8_t yes = 1;
  H5Tenum_insert(type, "FALSE", &no);
  H5Tenum_insert(type, "TRUE", &yes);
  return type;
}

// A float of 16 bits: sign in bit 15, `exponent_bits` below it, then the mantissa.
Id MakeFloat16(std::size_t exponent_bits, bool big_endian) {
  const std::size_t mantissa_bits = 15 - exponent_bits;
  const hid_t type = H5Tcopy(big_endian ? H5T_IEEE_F32BE : H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, mantissa_bits, exponent_bits, 0, mantissa_bits);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, (std::size_t{1} << (exponent_bits - 1)) - 1);
  return type;
}

// A conversion "variable-length string to opaque" that leaves the file's own bytes alone. The
// library has none, and its own reading of such strings trusts lengths that a file may lie about.
herr_t KeepReference(hid_t source, hid_t target, H5T_cdata_t* data, std::size_t, std::size_t,
                     std::size_t, void*, void*, hid_t) {
  if (data->command == H5T_CONV_INIT) {
    data->need_bkg = H5T_BKG_NO;
    return H5Tis_variable_str(source) > 0 && H5Tget_size(target) == kVlenReferenceBytes ? 0 : -1;
  }
  return 0;
}

Id MakeVlenReference(Id vlen_string) {
  const hid_t type = H5Tcreate(H5T_OPAQUE, kVlenReferenceBytes);
  H5Tset_tag(type, "weightproof: reference to a variable-length string");
  H5Tregister(H5T_PERS_SOFT, "weightproof_reference", vlen_string, type, KeepReference);
  return type;
}

Library MakeLibrary() {
  Library made{};
  H5open();
  made.create_access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(made.create_access, kGrowthBytes, 0);
  H5Pset_fclose_degree(made.create_access, H5F_CLOSE_STRONG);
  H5Pset_libver_bounds(made.create_access, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST);
  made.file_creation = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_obj_track_times(made.file_creation, false);
  made.group_creation = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(made.group_creation, false);
  made.dataset_creation = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_obj_track_times(made.dataset_creation, false);
  made.transfer = H5Pcreate(H5P_DATASET_XFER);
  H5Pset_buffer(made.transfer, kConversionBytes, nullptr, nullptr);
  made.scalar_space = H5Screate(H5S_SCALAR);
  made.null_space = H5Screate(H5S_NULL);
  made.vlen_utf8 = MakeVlenString(H5T_CSET_UTF8);
  made.vlen_ascii = MakeVlenString(H5T_CSET_ASCII);
  made.vlen_reference = MakeVlenReference(made.vlen_utf8);
  made.bool_enum = MakeBoolEnum();
  return made;
}

// Number types with what h5py and Keras write most in front.
struct NumberEntry {
  DType dtype;
  bool big_endian;
  Id type;
};

const std::vector<NumberEntry>& NumberTypes() {
  static const std::vector<NumberEntry> types = {
      {DType::kFloat32, false, H5T_IEEE_F32LE},
      {DType::kFloat64, false, H5T_IEEE_F64LE},
      {DType::kInt64, false, H5T_STD_I64LE},
      {DType::kInt32, false, H5T_STD_I32LE},
      {DType::kUInt32, false, H5T_STD_U32LE},
      {DType::kUInt8, false, H5T_STD_U8LE},
      {DType::kInt8, false, H5T_STD_I8LE},
      {DType::kUInt64, false, H5T_STD_U64LE},
      {DType::kInt16, false, H5T_STD_I16LE},
      {DType::kUInt16, false, H5T_STD_U16LE},
      {DType::kFloat16, false, MakeFloat16(5, false)},
      {DType::kBFloat16, false, MakeFloat16(8, false)},
      {DType::kFloat32, true, H5T_IEEE_F32BE},
      {DType::kFloat64, true, H5T_IEEE_F64BE},
      {DType::kInt64, true, H5T_STD_I64BE},
      {DType::kInt32, true, H5T_STD_I32BE},
      {DType::kUInt32, true, H5T_STD_U32BE},
      {DType::kUInt64, true, H5T_STD_U64BE},
      {DType::kInt16, true, H5T_STD_I16BE},
      {DType::kUInt16, true, H5T_STD_U16BE},
      {DType::kFloat16, true, MakeFloat16(5, true)},
      {DType::kBFloat16, true, MakeFloat16(8, true)},
      // One byte has no order; the library keeps one all the same.
      {DType::kInt8, false, H5T_STD_I8BE},
      {DType::kUInt8, false, H5T_STD_U8BE},
  };
  return types;
}

std::expected<FileType, std::string> ClassifyString(Id type) {
  FileType found;
  found.type.utf8 = H5Tget_cset(type) == H5T_CSET_UTF8;
  if (H5Tis_variable_str(type) > 0) {
    found.type.cls = StoredClass::kVlenString;
    found.type.size = 0;
    return found;
  }
  found.type.cls = StoredClass::kFixedString;
  found.type.size = H5Tget_size(type);
  switch (H5Tget_strpad(type)) {
    case H5T_STR_NULLTERM:
      found.padding = Padding::kNullTerminated;
      return found;
    case H5T_STR_NULLPAD:
      found.padding = Padding::kNullPadded;
      return found;
    case H5T_STR_SPACEPAD:
      found.padding = Padding::kSpacePadded;
      return found;
    default:
      return std::unexpected("text of unknown padding");
  }
}

std::string ClassText(H5T_class_t cls) {
  switch (cls) {
    case H5T_INTEGER:
      return "integers of an unusual layout";
    case H5T_FLOAT:
      return "floating-point numbers of an unusual layout";
    case H5T_TIME:
      return "the time type";
    case H5T_BITFIELD:
      return "a bit field";
    case H5T_COMPOUND:
      return "a compound type";
    case H5T_REFERENCE:
      return "references";
    case H5T_ENUM:
      return "an enumeration other than h5py's bool";
    case H5T_VLEN:
      return "sequences of variable length";
    case H5T_ARRAY:
      return "an array type";
    default:
      return "an unknown type class";
  }
}

}  // namespace

void Handle::Close() {
  if (id_ < 0) return;
  const Id id = std::exchange(id_, kNoId);
  switch (kind_) {
    case Kind::kFile:
      H5Fclose(id);
      break;
    case Kind::kObject:
      H5Oclose(id);
      break;
    case Kind::kAttribute:
      H5Aclose(id);
      break;
    case Kind::kType:
      H5Tclose(id);
      break;
    case Kind::kSpace:
      H5Sclose(id);
      break;
    case Kind::kPropertyList:
      H5Pclose(id);
      break;
  }
}

Silence::Silence() {
  H5E_auto2_t function = nullptr;
  H5Eget_auto2(H5E_DEFAULT, &function, &data_);
  function_ = reinterpret_cast<void*>(function);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Silence::~Silence() {
  H5Eclear2(H5E_DEFAULT);
  H5Eset_auto2(H5E_DEFAULT, reinterpret_cast<H5E_auto2_t>(function_), data_);
}

const Library& TheLibrary() {
  static const Library library = MakeLibrary();
  return library;
}

std::string FreshFileName() {
  static std::uint64_t count = 0;
  return "/dev/null/" + std::to_string(count++);
}

Id NumberType(DType dtype, bool big_endian) {
  if (dtype == DType::kBool) return TheLibrary().bool_enum;
  if (DTypeSize(dtype) == 1) big_endian = false;
  for (const NumberEntry& entry : NumberTypes()) {
    if (entry.dtype == dtype && entry.big_endian == big_endian) return entry.type;
  }
  return kNoId;
}

void SwapBytes(std::byte* bytes, std::size_t count, std::size_t element_bytes) {
  for (std::size_t i = 0; i < count; ++i, bytes += element_bytes) {
    std::reverse(bytes, bytes + element_bytes);
  }
}

std::expected<FileType, std::string> ClassifyType(Id type) {
  const H5T_class_t cls = H5Tget_class(type);
  FileType found;
  if (cls == H5T_STRING) return ClassifyString(type);
  if (cls == H5T_OPAQUE) {
    found.type.cls = StoredClass::kOpaque;
    found.type.size = H5Tget_size(type);
    return found;
  }
  if (cls == H5T_ENUM && H5Tequal(type, TheLibrary().bool_enum) > 0) {
    found.type.dtype = DType::kBool;
    found.type.size = 1;
    return found;
  }
  if (cls == H5T_FLOAT || cls == H5T_INTEGER) {
    for (const NumberEntry& entry : NumberTypes()) {
      if (H5Tequal(type, entry.type) <= 0) continue;
      found.type.dtype = entry.dtype;
      found.type.size = DTypeSize(entry.dtype);
      found.type.big_endian = entry.big_endian;
      return found;
    }
  }
  return std::unexpected(ClassText(cls));
}

}  // namespace weightproof::hdf5
