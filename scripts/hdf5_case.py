"""What hdf5_files.py and hdf5_values.py share: files, groups, and settings h5py does not offer."""

import contextlib
import ctypes
import pathlib

import h5py
import numpy as np
from h5py import h5f, h5g, h5p, h5t

VERSIONS = {"earliest": h5f.LIBVER_EARLIEST, "v108": h5f.LIBVER_V18, "v110": h5f.LIBVER_V110,
            "latest": h5f.LIBVER_LATEST}
LIBVERS = ["earliest", "v108", "v110", "latest", "earliest-latest"]
NOISE = np.random.default_rng(7).integers(0, 256, 4096, "u1")
COMPACT_MAX = 8  # attributes of one object before HDF5 moves them to a fractal heap


def low(libver):
    """The lower of the two bounds, which decides how HDF5 stores things."""
    return libver.split("-")[0]


def is_new(libver):
    """Superblock 2 or 3, headers of version 2, links and attributes that may be dense."""
    return low(libver) != "earliest"


def dense(libver, count):
    return "refuse dense" if is_new(libver) and count > COMPACT_MAX else "accept"


def library():
    """The HDF5 library that h5py has loaded, for the settings that h5py does not offer."""
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    paths = {line.split()[-1] for line in lines if "libhdf5" in line and "libhdf5_hl" not in line}
    return ctypes.CDLL(paths.pop())


def setting(name, *numbers):
    """A function that calls H5Pset_`name` on a property list."""
    def call(plist):
        function = getattr(library(), "H5Pset_" + name)
        if function(ctypes.c_int64(plist.id), *map(ctypes.c_uint, numbers)) < 0:
            raise RuntimeError(name)
    return call


def bounds(libver):
    plist = h5p.create(h5p.FILE_ACCESS)
    plist.set_fclose_degree(h5f.CLOSE_STRONG)
    high = libver.split("-")[1] if "-" in libver else "latest"
    plist.set_libver_bounds(VERSIONS[low(libver)], VERSIONS[high])
    return plist


class Files:
    """The folder and what it is expected to give."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = []

    @contextlib.contextmanager
    def new(self, name, says="accept", libver="earliest", creation=None, access=None):
        """A new file without object times. `says`: accept, or refuse or either with a reason.
        `creation`, `access`: change the property lists."""
        plist, file_access = h5p.create(h5p.FILE_CREATE), bounds(libver)
        plist.set_obj_track_times(False)
        for prepare, one in ((creation, plist), (access, file_access)):
            if prepare:
                prepare(one)
        name = f"{name}.{libver}.h5"
        path = self.folder / name
        if path.exists():
            raise FileExistsError(path)
        with h5py.File(h5f.create(bytes(path), h5f.ACC_EXCL, plist, file_access)) as f:
            yield f
        verdict, _, reason = says.partition(" ")
        self.rows.append((name, verdict, reason))

    @contextlib.contextmanager
    def again(self, libver="earliest", with_bounds=None):
        """The last file, opened a second time; with_bounds: other than the first time."""
        name = self.rows[-1][0]
        path = bytes(self.folder / name)
        with h5py.File(h5f.open(path, h5f.ACC_RDWR, bounds(with_bounds or libver))) as f:
            yield f

    def write_expected(self):
        lines = ["\t".join(row) + "\n" for row in sorted(self.rows)]
        (self.folder / "expected.tsv").write_text("".join(lines), encoding="utf-8")
        counts = {}
        for _, verdict, _ in self.rows:
            counts[verdict] = counts.get(verdict, 0) + 1
        print(f"{len(lines)} files:", ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))


def group(parent, name, prepare=None):
    """A new group without times. `prepare` changes its creation property list."""
    plist, link = h5p.create(h5p.GROUP_CREATE), h5p.create(h5p.LINK_CREATE)
    plist.set_obj_track_times(False)
    if not name.isascii():
        link.set_char_encoding(h5t.CSET_UTF8)
    if prepare:
        prepare(plist)
    return h5py.Group(h5g.create(parent.id, name.encode(), link, plist))


def small(parent, name="x"):
    return parent.create_dataset(name, data=np.arange(6, dtype="f4").reshape(2, 3))
