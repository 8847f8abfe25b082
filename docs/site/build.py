#!/usr/bin/env python3
"""Builds the site: README.md and docs/ as pages with navigation and search, to be read without a network or a server.

  build.py FOLDER    writes the site to FOLDER, which must be new, empty or an earlier site

pandoc turns each page into HTML: it reads Markdown by GitHub's rules and writes formulas as MathML, which browsers draw by
themselves. This program adds what is around a page. The navigation is the map in docs/index.md: the links in the first column of
its tables. Below a link to a folder's index.md come the other pages of that folder, in the order of their names.

A link to a file of the sources leads to a copy of it in the site, with colours and line numbers. Any warning is an error: a
formula that pandoc cannot read, a link to nothing, a page that the map does not name.
"""
import html, json, os, re, shutil, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DOCS = ROOT / "docs"
LANGUAGES = {".cpp": "cpp", ".hpp": "cpp", ".cu": "cpp", ".cuh": "cpp", ".py": "python", ".sh": "bash", ".json": "json", ".cmake": "cmake"}
FONTS = [  # for formulas; the first that is installed is copied into the site
    "/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf",
    "/usr/share/fonts/truetype/dejavu/DejaVuMathTeXGyre.ttf",
]


def fail(message):
    sys.exit(f"docs/site/build.py: {message}")


def pandoc(text, *options):
    """What pandoc makes of TEXT."""
    run = subprocess.run(["pandoc", "--to=html", "--wrap=preserve", "--fail-if-warnings", *options], input=text, capture_output=True, encoding="utf-8")
    if run.returncode:
        raise ValueError(run.stderr.strip())
    return run.stdout


def plain(fragment):
    """The words of a piece of HTML."""
    fragment = re.sub(r"<annotation.*?</annotation>", "", fragment, flags=re.S)
    fragment = re.sub(r"</?(p|li|td|th|tr|pre|div|h\d|br)\b[^>]*>", " ", fragment)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", fragment))).strip()


def formula(match):
    """A formula as pandoc writes it, with two things as TeX has them: only the brackets of \\left and \\right grow with what they
    hold, and \\mathrm{KL} is one upright word."""
    text = match[0].replace('display="inline" ', "").replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    text = re.sub(r'<mstyle mathvariant="normal">((?:<mi>\w+</mi>)+)</mstyle>',
                  lambda m: '<mi mathvariant="normal">' + re.sub("</?mi>", "", m[1]) + "</mi>", text)
    grown = r"\left" in text or r"\begin" in text
    if not grown:
        text = re.sub(r'stretchy="true" (?=form="(pre|post)fix")', 'stretchy="false" ', text)
    # Browsers break no line within a formula: one that may be wider than a phone gets a line of its own there, and scrolls.
    wide = 'display="block"' in text or len(plain(text)) > 32
    return f'<span class="{"wide formula" if "display=" in text else "long formula"}">{text}</span>' if wide else text


class Page:
    """A page of the site: a Markdown file of the project."""

    def __init__(self, file):
        self.file = file
        self.out = page_path(file)
        try:
            self.body = pandoc(file.read_text(encoding="utf-8"), "--from=gfm+tex_math_dollars", "--mathml")
        except ValueError as error:
            fail(f"{file.relative_to(ROOT)}: {error}")
        self.body = re.sub(r"<math.*?</math>", formula, self.body, flags=re.S)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", self.body, re.S)
        if not title:
            fail(f"{file.relative_to(ROOT)}: has no title (# ...)")
        self.title = plain(title[1])
        # Pieces that the search finds: each heading with the text up to the next.
        headings = list(re.finditer(r'<h([1-3]) id="([^"]*)">(.*?)</h\1>', self.body, re.S))
        ends = [h.start() for h in headings[1:]] + [len(self.body)]
        self.sections = [(int(h[1]), h[2], h[3], plain(self.body[h.end() : end])) for h, end in zip(headings, ends)]


def page_path(file):
    """Where the page of a Markdown file is, in the site."""
    return Path("readme.html") if file == ROOT / "README.md" else file.relative_to(DOCS).with_suffix(".html")


class Site:
    def __init__(self):
        files = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.pages = {page.file: page for page in pool.map(Page, files)}
        self.sources = set()  # files and folders that pages link to
        self.copies = set()  # images and the like
        self.sections = self.read_map()
        self.order = [self.pages[DOCS / "index.md"]] + [page for _, entries in self.sections for page, _, _ in entries]

    def read_map(self):
        """[(title, [(page, label, depth)])] as docs/index.md has them."""
        index = self.pages[DOCS / "index.md"]
        sections, seen = [], {index.file}
        for part in re.split(r"(?=<h2)", index.body)[1:]:
            entries = []
            for cell in re.findall(r"<tr[^>]*>\s*<td[^>]*>(.*?)</td>", part, re.S):
                for target, label in re.findall(r'<a\s+href="([^"#]*\.md)"\s*>(.*?)</a>', cell, re.S):
                    file = (DOCS / target).resolve()
                    if file in seen or file not in self.pages:
                        continue  # a link to nothing is found later
                    inner = [f for f in self.pages if file.name == "index.md" and f.parent == file.parent and f != file]
                    entries.append((self.pages[file], plain(label), 0))
                    entries += [(self.pages[f], self.pages[f].title, 1) for f in inner]
                    seen.update([file, *inner])
            if entries:
                sections.append((plain(re.search(r"<h2.*?</h2>", part, re.S)[0]), entries))
        lost = sorted(str(f.relative_to(ROOT)) for f in self.pages if f not in seen)
        if lost:
            fail(f"docs/index.md: no table names {', '.join(lost)}")
        return sections

    def link(self, page, url):
        """Where a link of a page leads in the site."""
        path, mark, anchor = url.partition("#")
        if re.match(r"[a-z]+:", url) or not path:
            return url
        target = (page.file.parent / unquote(path)).resolve()
        if not target.exists() or ROOT not in [target, *target.parents]:
            fail(f"{page.file.relative_to(ROOT)}: a link to nothing: {url}")
        if target.is_dir() and target / "index.md" in self.pages:
            target = target / "index.md"
        if target in self.pages:
            out = self.pages[target].out
        elif target.suffix in (".png", ".svg", ".jpg", ".gif"):
            out = Path("files") / target.relative_to(ROOT)
            self.copies.add(target)
        else:
            out = source_path(target)
            self.sources.add(target)
        return os.path.relpath(out, page.out.parent) + mark + anchor

    def navigation(self, here, to_root):
        """The list of all pages; of the one that is shown, its sections as well."""
        first = self.order[0]
        current = ' aria-current="page"' if first is here else ""
        lines = [f'<ul><li><a href="{to_root}{first.out}"{current}>where to begin</a></li></ul>']
        for title, entries in self.sections:
            lines.append(f"<h2>{html.escape(title)}</h2>\n<ul>")
            for page, label, depth in entries:
                current = ' aria-current="page"' if page is here else ""
                inner = [f'<li><a href="#{i}">{text}</a></li>' for level, i, text, _ in page.sections if level == 2] if page is here else []
                lines.append(
                    f'<li class="depth{depth}"><a href="{to_root}{page.out}"{current}>{html.escape(label)}</a>'
                    + (f'<ul class="inner">{"".join(inner)}</ul>' if inner else "") + "</li>")
            lines.append("</ul>")
        return "\n".join(lines)

    def write(self, out, path, title, body, here=None, after=""):
        """One file of the site: BODY, and what all pages have around it."""
        to_root = "../" * (len(path.parts) - 1)
        text = (HERE / "page.html").read_text(encoding="utf-8")
        values = {"title": html.escape(title), "root": to_root, "navigation": self.navigation(here, to_root), "body": body, "after": after}
        text = re.sub(r"\{\{(\w+)\}\}", lambda m: values[m[1]], text)
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")

    def write_page(self, out, page):
        body = re.sub(r'(?<= )(href|src)="([^"]*)"', lambda m: f'{m[1]}="{self.link(page, html.unescape(m[2]))}"', re.sub(r"<(a|img)\s+", r"<\1 ", page.body))
        body = re.sub(r'<a href="#cb\d+-\d+"[^>]*></a>', "", body)  # of lines of code, which have no numbers here
        body = re.sub(r"\s*<colgroup>.*?</colgroup>", "", body, flags=re.S)
        # What may be wider than a phone scrolls by itself.
        body = re.sub(r"<table.*?</table>", lambda m: f'<div class="wide">{m[0]}</div>', body, flags=re.S)
        body = re.sub(r'<img src="([^"]*)"[^>]*>', r'<a class="picture" href="\1">\g<0></a>', body)
        body = re.sub(r'(<h[2-4] id="([^"]*)">)(.*?)(</h[2-4]>)', r'\1\3 <a class="anchor" href="#\2" aria-label="link to this section">#</a>\4', body, flags=re.S)
        place, after = self.order.index(page), []
        for rel, other in (("prev", place - 1), ("next", place + 1)):
            if 0 <= other < len(self.order):
                other = self.order[other]
                after.append(f'<a rel="{rel}" href="{os.path.relpath(other.out, page.out.parent)}">{html.escape(other.title)}</a>')
        self.write(out, page.out, page.title, body, page, '<nav class="turn" aria-label="pages before and after">' + "\n".join(after) + "</nav>")

    def write_sources(self, out):
        """Copies of the sources that pages link to; of a folder, a list of what is in it."""
        for folder in [s for s in self.sources if s.is_dir()]:
            self.sources.update(f for f in folder.iterdir() if f.is_file())
            items = [f'<li><a href="{f.name}.html"><code>{html.escape(f.name)}</code></a></li>' for f in sorted(folder.iterdir()) if f.is_file()]
            name = f"{folder.relative_to(ROOT)}/"
            self.write(out, source_path(folder), name, f"<h1><code>{name}</code></h1><ul>{''.join(items)}</ul>")
        files = sorted(s for s in self.sources if s.is_file())
        # All in one run of pandoc, which takes longer to start than to colour a file.
        text = "\n\n".join(
            f"~~~~~~~~~~~~ {{#file{i} .{LANGUAGES.get(f.suffix, 'default')} .numberLines}}\n{f.read_text(encoding='utf-8')}\n~~~~~~~~~~~~" for i, f in enumerate(files))
        parts = re.split(r'(?=<div class="sourceCode" id="file\d+")', pandoc(text, "--from=markdown"))[1:]
        if len(parts) != len(files):
            fail("pandoc lost a file of the sources")
        for i, (file, body) in enumerate(zip(files, parts)):
            body = body.replace(f'id="file{i}-', 'id="L').replace(f'href="#file{i}-', 'href="#L')
            name = str(file.relative_to(ROOT))
            self.write(out, source_path(file), name, f'<h1 class="file"><code>{html.escape(name)}</code></h1>\n{body}')

    def write_search(self, out):
        """search.html, and what it looks through: a script and no data file, because a page from a disk may read scripts only."""
        index = [
            [str(page.out), anchor if level > 1 else "", page.title, plain(text) if level > 1 else "", words]
            for page in self.order for level, anchor, text, words in page.sections]
        (out / "search-index.js").write_text("const pages = " + json.dumps(index, ensure_ascii=False, separators=(",", ":")) + ";\n", encoding="utf-8")
        self.write(out, Path("search.html"), "Search", (HERE / "search.html").read_text(encoding="utf-8"))


def source_path(file):
    name = file.relative_to(ROOT)
    return Path("source") / (name / "index.html" if file.is_dir() else f"{name}.html")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not shutil.which("pandoc"):
        fail("there is no pandoc, which turns Markdown into HTML (scripts/dependencies.sh install docs)")
    whole = Path(sys.argv[1]).resolve()
    if whole.exists() and any(whole.iterdir()) and not (whole / "search-index.js").exists():
        fail(f"{whole} is something else than a site: name a new folder")
    site = Site()
    out = whole.with_name(whole.name + ".new")  # an error leaves the earlier site as it was
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for page in site.order:
        site.write_page(out, page)
    site.write_sources(out)
    site.write_search(out)
    for file in site.copies:
        copy = out / "files" / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    for name in ("style.css", "search.js"):
        shutil.copyfile(HERE / name, out / name)
    font = next((f for f in FONTS if Path(f).exists()), None)
    if font:
        shutil.copyfile(font, out / "math-font")
    else:
        print("no font for formulas here (Debian's fonts-lmodern): browsers take their own")
    shutil.rmtree(whole, ignore_errors=True)
    out.rename(whole)
    print(f"{len(site.order)} pages: file://{whole / 'index.html'}")


main()
