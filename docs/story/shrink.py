#!/usr/bin/env python3
"""Shrinks PNGs for the documentation: shrink.py FOLDER TO NAME... writes FOLDER/NAME.png to TO/NAME.png: grids of grey
images in 24 greys, pixel by pixel, figures in 256 colours and at most 1000 pixels wide. Wants Pillow."""
import sys
from pathlib import Path
from PIL import Image

folder, to, *names = sys.argv[1:]
Path(to).mkdir(parents=True, exist_ok=True)
for name in names:
    image = Image.open(Path(folder) / f"{name}.png").convert("RGB")
    grey = all(r == g == b for _, (r, g, b) in image.getcolors(maxcolors=1 << 24))
    if not grey and image.width > 1000:
        image = image.resize((1000, image.height * 1000 // image.width), Image.LANCZOS)
    image = image.convert("L").quantize(24) if grey else image.quantize(256)
    image.save(Path(to) / f"{name}.png", optimize=True)
