#!/usr/bin/env python3
"""tour.py PAGE.md OUTPUT SOLUTIONS: holds a chapter of docs/tour against what its programs have printed.

- It has 600 to 1,200 words, code left out. (Its links: tests/docs.sh.)
- Each line of a block that starts with "$ make tour CHAPTER=5" is in the program's output, in that order (in the solutions'
  output, where SOLUTIONS=1 follows). A line "..." stands for any others.
- Each line of a block of ```cpp FILE is in that file beside the page, blanks left out.
- Words must be the same. A whole number must be the same, others to one unit of the last digit that the text shows. A comment just
  before the block may say more: <!-- tolerance .02: why -->, or 5%, for all its numbers but whole ones; <!-- measured -->,
  where no number is compared. Of a line with "(measured)" no number is compared either.
"""
import pathlib
import re
import sys

NUMBER = re.compile(r"(?<![A-Za-z_0-9.])[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
FENCED = re.compile(r"(?:<!-- *([^\n]*?) *-->\s*\n)?^```([^\n]*)\n(.*?)^```", re.M | re.S)


def words_of(line):
    """The line with # for each number, and single blanks."""
    return " ".join(NUMBER.sub("#", line).replace("- ", " ").split())


def last_digit(number):
    """What one unit of the last digit is worth."""
    mantissa, _, exponent = number.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def same_number(shown, printed, tolerance):
    if shown == printed:
        return True
    if re.fullmatch(r"[-+]?\d+", shown):
        return False
    expected, found = float(shown), float(printed)
    allowed = 1.001 * last_digit(shown)
    if tolerance.endswith("%"):
        allowed = max(allowed, float(tolerance[:-1]) / 100 * abs(expected))
    elif tolerance:
        allowed = max(allowed, float(tolerance))
    return abs(expected - found) <= allowed


def same(shown, printed, note):
    if words_of(shown) != words_of(printed):
        return False
    if "(measured)" in shown or note.startswith("measured"):
        return True
    tolerance = re.match(r"tolerance ([\d.]+%?)", note)
    return all(
        same_number(a, b, tolerance[1] if tolerance else "")
        for a, b in zip(NUMBER.findall(shown), NUMBER.findall(printed))
    )


def missing_lines(block, note, output):
    """The first line of the block that the output lacks, and the lines with the same words."""
    place = 0
    for shown in block:
        if shown.strip() in ("", "..."):
            continue
        after = [i for i in range(place, len(output)) if same(shown, output[i], note)]
        if not after:
            like = [line for line in output[place:] if words_of(line) == words_of(shown)]
            yield f"not printed, or not in this place: {shown}" + "".join(f"\n    printed: {line}" for line in like[:3])
            return
        place = after[0] + 1


def problems(page, outputs):
    text = page.read_text(encoding="utf-8")
    prose = FENCED.sub("", text)
    count = len(re.findall(r"[A-Za-z][A-Za-z'-]*", re.sub(r"\]\([^)]*\)|\$[^$]*\$", "]", prose)))
    if not 600 <= count <= 1200:
        yield f"{count} words, not 600 to 1,200"
    for _, language, body in FENCED.findall(text):
        if (excerpt := re.fullmatch(r"cpp (\S+)", language.strip())) is not None:
            source = "".join((page.parent / excerpt[1]).read_text(encoding="utf-8").split())
            yield from (f"not in {excerpt[1]}: {line}" for line in body.splitlines() if "".join(line.split()) not in source)
    number = int(page.name.split("-")[0])
    blocks = 0
    for note, language, body in FENCED.findall(text):
        first, *block = body.rstrip("\n").split("\n")
        command = re.fullmatch(r"\$ make tour CHAPTER=(\d+)( SOLUTIONS=1)?", first.strip())
        if language.strip() != "console" or not command:
            continue
        if int(command[1]) != number:
            yield f"another chapter's output: {first}"
        blocks += 1
        yield from missing_lines(block, note, outputs[bool(command[2])])
    if not blocks:
        yield f"no block of what the program prints (```console, $ make tour CHAPTER={number})"


def main():
    page = pathlib.Path(sys.argv[1])
    outputs = [pathlib.Path(name).read_text(encoding="utf-8").splitlines() for name in sys.argv[2:]]
    found = list(problems(page, outputs))
    for problem in found:
        print(f"docs/tour/{page.name}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
