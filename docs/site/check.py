#!/usr/bin/env python3
"""Checks the links of the documentation.

  check.py           those of README.md and docs/**/*.md: files, anchors and images are there
  check.py FOLDER    those of the site in FOLDER

Prints each that leads to nothing; the exit status is 1 if there is one. In Markdown an anchor is what GitHub makes of a heading.
It also checks what would be shown wrongly or lead astray without being a link: paths of sources in `code`, and formulas within a
line, where GitHub removes a backslash before punctuation.
"""
import html, re, sys
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent.parent
MADE = {"autograd/ops.hpp", "autograd/ops/elu.cpp", "autograd/ops/cumsum.cpp"}  # by the build, and by a reader of adding-an-op.md
PARTS = "autograd|base|cmake|cvae|data|docs|experiments|metrics|nn|scripts|tests"


def without_code(text):
    """(text without blocks of code, the same without `code`), line for line."""
    lines, fence, indented, item, blank = [], None, False, False, True
    for line in text.split("\n"):
        mark = re.match(r" *(```+|~~~+)", line)
        if fence:
            fence = None if mark and mark[1].startswith(fence) else fence
            line = ""
        elif mark:
            fence, line = mark[1], ""
        elif line.strip():
            # Four blanks after an empty line are code, unless they go on with an item of a list.
            indented = line.startswith("    ") and (indented or blank and not item)
            if not line.startswith(" "):
                item = re.match(r"([-*+]|\d+[.)]) ", line) is not None
        blank = not line.strip()
        lines.append("" if indented else line)
    text = "\n".join(lines)
    # The number of lines stays.
    return text, re.sub(r"(?<!`)(`+)(?!`)([^`]|[^`].*?[^`])\1(?!`)", lambda m: "x" + "\n" * m[0].count("\n"), text, flags=re.S)


def anchors(text):
    """The anchors that GitHub gives to the headings of a page."""
    found, seen = set(), {}
    for heading in re.findall(r"^#{1,6} +(.*?)[ #]*$", without_code(text)[0], re.M):
        heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        seen[anchor] = seen.get(anchor, -1) + 1
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
    return found | set(re.findall(r'<a (?:id|name)="([^"]*)"', text))


def links(text):
    """(line, target) of each link and image."""
    forms = r'\]\(\s*<?([^()\s>]*(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]]+\]: *(\S+)|<(?:a|img)\s[^>]*?(?:href|src)="([^"]*)"'
    for match in re.finditer(forms, text, re.M):
        yield text.count("\n", 0, match.start()) + 1, next(group for group in match.groups() if group is not None)


class Findings:
    def __init__(self, root):
        self.root, self.count, self.links = root, 0, 0

    def add(self, file, line, message):
        self.count += 1
        if self.count <= 30:
            print(f"{file.relative_to(self.root)}{f':{line}' if line else ''}: {message}")

    def end(self, what):
        print(f"{self.links} links of {what}: {self.count or 'nothing'} to complain about")
        sys.exit(self.count > 0)


def check_markdown(root):
    files = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    texts = {file: file.read_text(encoding="utf-8") for file in files}
    known = {file: anchors(text) for file, text in texts.items()}
    findings = Findings(root)
    for file, text in texts.items():
        with_code, prose = without_code(text)
        for line, target in links(prose):
            if re.match(r"[a-z]+:", target):
                continue
            findings.links += 1
            path, _, anchor = target.partition("#")
            to = (file.parent / unquote(path)).resolve() if path else file
            if not to.exists():
                findings.add(file, line, f"there is no {target}")
            elif root not in [to, *to.parents]:
                findings.add(file, line, f"{target} is outside the project")
            elif anchor and to in known and unquote(anchor) not in known[to]:
                findings.add(file, line, f"{target}: no heading has the anchor #{anchor}")
            elif anchor and to not in known and not re.fullmatch(r"L\d+(-L\d+)?", anchor):
                findings.add(file, line, f"{target}: not an anchor of a source (#L12)")
        for match in re.finditer(rf"`((?:{PARTS})/[\w./-]*\w\.\w+)`", with_code):
            if not (root / match[1]).exists() and match[1] not in MADE and not re.search("NAME|NN", match[1]):
                findings.add(file, with_code.count("\n", 0, match.start()) + 1, f"`{match[1]}` does not exist")
        inline = re.sub(r"\$\$.*?\$\$", lambda m: "\n" * m[0].count("\n"), prose, flags=re.S)
        for match in re.finditer(r"(?<![\\\w$])\$(?=\S)[^$]*?(?<=\S)\$(?!\d)", inline):
            if wrong := re.search(r"\\[^\w\s]", match[0]):
                findings.add(file, inline.count("\n", 0, match.start()) + 1,
                             f"{match[0]}: GitHub takes the backslash of {wrong[0]} away: leave it out, use a command of letters (\\lbrace, \\Vert), or $$...$$")
    findings.end(f"{len(files)} pages")


def check_site(root):
    texts = {file: file.read_text(encoding="utf-8") for file in sorted(root.rglob("*.html"))}
    known = {file: set(re.findall(r'\sid="([^"]*)"', text)) for file, text in texts.items()}
    findings = Findings(root)
    for file, text in texts.items():
        for target in re.findall(r'<[a-z]+\s[^>]*?\b(?:href|src|action)="([^"]*)"', text):
            target = html.unescape(target)
            if re.match(r"(https?|mailto|data):", target):
                if re.search(rf'\ssrc="{re.escape(target)}"', text):
                    findings.add(file, 0, f"{target} would need a network")
                continue
            findings.links += 1
            path, _, anchor = target.partition("#")
            to = (file.parent / unquote(path)).resolve() if path else file
            if not to.is_file():
                findings.add(file, 0, f"there is no {target}")
            elif anchor and unquote(anchor) not in known.get(to, ()):
                findings.add(file, 0, f"{target}: there is no such anchor")
    findings.end(f"{len(texts)} files of the site")


if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
    sys.exit(__doc__)
check_site(Path(sys.argv[1]).resolve()) if len(sys.argv) > 1 else check_markdown(ROOT)
