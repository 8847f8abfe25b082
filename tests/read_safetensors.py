#!/usr/bin/env python3
"""Reads a safetensors file from its specification alone and prints, for each tensor, name, dtype, shape and elements.

  read_safetensors.py FILE

Needs nothing but Python: an independent reader to hold the files that Elbow writes against.
"""
import json, struct, sys

data = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", data[:8])
header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
header.pop("__metadata__", None)
end = 0
for name, t in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
    first, last = t["data_offsets"]
    assert first == end, f"{name} begins at {first}, not at {end}: the format allows no holes"
    end = last
    count = 1
    for size in t["shape"]:
        count *= size
    code, size = {"F32": ("f", 4), "F64": ("d", 8)}[t["dtype"]]
    assert last - first == count * size, f"{name}: {last - first} bytes for {count} elements"
    values = struct.unpack(f"<{count}{code}", body[first:last])
    print(name, t["dtype"], json.dumps(t["shape"]), *(v.hex() for v in values))
assert end == len(body), "bytes are left over"
