#!/usr/bin/env python3
"""Writes arrays.json, for tests/test_arrays.cpp: files as NumPy writes them, in hex, with what they hold. Writes the first inputs of the
fuzz target `arrays` as well, tests/fuzz/corpus/arrays.

    /usr/bin/python3 tests/golden/make_arrays.py        (NumPy; deterministic)
"""
import io
import json
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parent / "fuzz/corpus/arrays"
REAL = np.array([[1.5, -2, np.nan], [0, 65504, 6.103515625e-05]])
WHOLE = np.array([[1, 0, 100], [3, 127, 4]])


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(array), version=version)
    return out.getvalue()


def npz(arrays, method=zipfile.ZIP_STORED, force_zip64=False):
    """As np.savez and np.savez_compressed write it, but without the time of day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + ".npy")
            info.compress_type = method
            with archive.open(info, "w", force_zip64=force_zip64) as member:
                member.write(npy(array))
    return out.getvalue()


def deflated(arrays):
    return npz(arrays, zipfile.ZIP_DEFLATED)


cases = []


def add(name, data, values, names=None, array=""):
    rows = [[None if v != v else float(v) for v in row] for row in np.atleast_2d(np.asarray(values, dtype=float))]
    cases.append({"name": name, "array": array, "bytes": data.hex(), "names": names, "rows": rows})


for order in "<>":
    for size in 2, 4, 8:
        add(f"f{size}{order}.npy", npy(REAL.astype(f"{order}f{size}")), REAL.astype(f"f{size}"))
    for kind in "iu":
        for size in 1, 2, 4, 8:
            add(f"{kind}{size}{order}.npy", npy(WHOLE.astype(f"{order}{kind}{size}")), WHOLE)
add("negative.npy", npy(np.array([[-1, -128]], dtype="i1")), [[-1, -128]])
add("large.npy", npy(np.array([[2**63, 5]], dtype="u8")), [[2.0**63, 5]])
add("bool.npy", npy(WHOLE % 2 == 1), WHOLE % 2)
add("fortran.npy", npy(np.asfortranarray(REAL)), REAL)
add("vector.npy", npy(WHOLE[0].astype("f8")), WHOLE[0].reshape(-1, 1))
add("version2.npy", npy(REAL, (2, 0)), REAL)
add("version3.npy", npy(REAL, (3, 0)), REAL)
pairs = {"rows": REAL, "columns": np.array(["a", "größe", "c"])}
add("stored.npz", npz(pairs), REAL, ["a", "größe", "c"])
add("deflated.npz", deflated(pairs), REAL, ["a", "größe", "c"])
add("zip64.npz", npz(pairs, force_zip64=True), REAL, ["a", "größe", "c"])
add("bytes.npz", npz({"rows": REAL, "columns": np.array([b"a", b"bc", b"d"])}), REAL, ["a", "bc", "d"])
add("single.npz", deflated({"anything": np.asfortranarray(REAL)}), REAL)
add("vectors.npz", npz({"b": WHOLE[:, 0], "a": REAL[:, 1]}), np.column_stack([WHOLE[:, 0], REAL[:, 1]]), ["b", "a"])
add("named.npz", npz({"train": REAL, "test": WHOLE}), WHOLE, array="test")
(HERE / "arrays.json").write_text(json.dumps({"files": cases}, ensure_ascii=False, indent=1) + "\n")

CORPUS.mkdir(parents=True, exist_ok=True)
for case in cases:
    if case["name"] in ("f8<.npy", "fortran.npy", "version3.npy", "stored.npz", "deflated.npz", "zip64.npz", "vectors.npz"):
        (CORPUS / case["name"].replace("<", "").replace(".", "-")).write_bytes(bytes.fromhex(case["bytes"]))
(CORPUS / "header").write_bytes(b"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }\n====\n01234567")
(CORPUS / "promises-much").write_bytes(
    b"{'descr': '<f8', 'fortran_order': True, 'shape': (1000000000000, 4), }\n====\n01234567")
(CORPUS / "bomb").write_bytes(deflated({"rows": np.zeros((60000, 2))}))
