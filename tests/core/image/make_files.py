"""Makes the pictures in files/, which read_image_test.cpp reads.

    python3 make_files.py

needs Pillow and NumPy. What a picture shows is given by two formulas, which the
test has too: scene() for photographs, level() for masks. PNGs are written here
byte by byte, since Pillow can't write every kind.
"""
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

FILES = Path(__file__).parent / "files"
WIDTH, HEIGHT = 48, 32
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
SCENE = np.stack([x * 5, y * 8, np.full_like(x, 128)], -1).astype(np.uint8)


def level(levels):
    """What the mask of that many levels stores at each pixel."""
    return (x // 3 + 2 * y) % levels


# Pass by pass: first column and row, step of columns and rows.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def packed_rows(samples, depth):
    """Rows of (H, W, C) samples as PNG packs them."""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            yield row.astype(">u2").tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            yield np.packbits(bits.astype(np.uint8)).tobytes()


def filtered(rows, pixel_bytes, kinds):
    """Rows behind their filter's number, the filters taken in turn."""
    result = b""
    above = None
    for number, row in enumerate(rows):
        kind = kinds[number % len(kinds)]
        above = above or bytes(len(row))
        line = bytearray()
        for i, value in enumerate(row):
            left = row[i - pixel_bytes] if i >= pixel_bytes else 0
            up = above[i]
            corner = above[i - pixel_bytes] if i >= pixel_bytes else 0
            estimate = left + up - corner
            nearest = min((left, up, corner), key=lambda v: abs(estimate - v))
            line.append((value - [0, left, up, (left + up) // 2, nearest][kind]) & 255)
        result += bytes([kind]) + line
        above = row
    return result


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_png(name, samples, depth, colour, palette=None, transparency=None, interlaced=False):
    samples = samples.reshape(HEIGHT, WIDTH, -1)
    pixel_bytes = max(1, samples.shape[2] * depth // 8)
    parts = [samples]
    if interlaced:
        parts = [samples[top::down, left::right] for left, top, right, down in ADAM7]
    data = b"".join(filtered(packed_rows(part, depth), pixel_bytes, [0, 1, 2, 3, 4]) for part in parts)
    body = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced))
    if palette is not None:
        body += chunk(b"PLTE", bytes(list(palette)))
    if transparency is not None:
        body += chunk(b"tRNS", bytes(list(transparency)))
    packed = zlib.compress(data, 9)
    half = len(packed) // 2
    body += chunk(b"IDAT", packed[:half]) + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b"")
    (FILES / name).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def write_pngs():
    alpha = np.full((HEIGHT, WIDTH, 1), 77)
    write_png("rgb.png", SCENE, 8, 2)
    write_png("rgb_interlaced.png", SCENE, 8, 2, interlaced=True)
    write_png("rgba.png", np.concatenate([SCENE, alpha], -1), 8, 6)
    write_png("rgb_16.png", SCENE.astype(int) * 257, 16, 2)
    write_png("rgba_16.png", np.concatenate([SCENE, alpha], -1).astype(int) * 257, 16, 6)
    write_png("grey_alpha.png", np.stack([level(256), level(256) * 0 + 9], -1), 8, 4)
    for depth in (1, 2, 4, 8):
        levels = 2**depth
        # A colour for each index that says nothing about its number.
        colours = (np.arange(levels * 3) * 89 + 40) % 256
        for suffix, interlaced in (("", False), ("_interlaced", True)):
            write_png(f"grey_{depth}{suffix}.png", level(levels), depth, 0, interlaced=interlaced)
            write_png(f"palette_{depth}{suffix}.png", level(levels), depth, 3, colours, interlaced=interlaced)
    write_png("palette_transparent.png", level(4), 2, 3, [200, 10, 10, 0, 0, 0, 0, 99, 0, 1, 2, 3], [0, 128])
    write_png("grey_16.png", level(12), 16, 0)
    write_png("grey_16_stretched.png", level(256) * 257, 16, 0)
    write_png("grey_16_large.png", level(1000) * 11, 16, 0)
    write_png("grey_as_rgb.png", np.repeat(level(200)[..., None], 3, -1), 8, 2)


def without_adobe(data):
    """A JPEG without the segment that says how its colours are meant."""
    at = 2
    while data[at + 1] != 0xEE:
        at += 2 + struct.unpack(">H", data[at + 2:at + 4])[0]
    return data[:at] + data[at + 2 + struct.unpack(">H", data[at + 2:at + 4])[0]:]


def write_jpegs():
    picture = Image.fromarray(SCENE)
    best = {"quality": 98, "subsampling": 0}
    picture.save(FILES / "baseline.jpg", **best)
    picture.save(FILES / "subsampled.jpg", quality=98, subsampling=2)
    picture.save(FILES / "progressive.jpg", progressive=True, **best)
    Image.fromarray(level(64).astype(np.uint8) * 2).save(FILES / "grey.jpg", quality=100)
    ink = np.concatenate([255 - SCENE, np.full((HEIGHT, WIDTH, 1), 51, np.uint8)], -1)
    # Pillow inverts and says so, as Adobe does.
    Image.fromarray(ink, "CMYK").save(FILES / "cmyk_adobe.jpg", **best)
    Image.fromarray(255 - ink, "CMYK").save(FILES / "cmyk_plain.jpg", **best)
    plain = FILES / "cmyk_plain.jpg"
    plain.write_bytes(without_adobe(plain.read_bytes()))


def write_others():
    picture = Image.fromarray(SCENE)
    picture.save(FILES / "rgb.bmp")
    Image.fromarray(level(256).astype(np.uint8)).save(FILES / "grey.bmp")
    mask = Image.fromarray((level(2) * 255).astype(np.uint8))
    mask.save(FILES / "mask.gif")
    mask.convert("1").save(FILES / "mask_1.bmp")
    first = Image.fromarray((SCENE // 64) * 64)
    second = Image.new("RGB", first.size, (255, 0, 0))
    first.quantize(128).save(FILES / "moving.gif", save_all=True, append_images=[second])


FILES.mkdir(exist_ok=True)
write_pngs()
write_jpegs()
write_others()
