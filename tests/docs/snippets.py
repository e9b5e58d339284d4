#!/usr/bin/env python3
"""The documentation as a test: its snippets are compiled and run, and print what it says.

  snippets.py generate PAGE OUT.cpp      the ```cpp blocks of a page as one program
  snippets.py check-cpp PAGE PROGRAM     runs that program and compares what each block prints
  snippets.py check-sh TOOL PAGE         runs the ```sh and ```console blocks of a page, TOOL first in PATH
  snippets.py check-example SOURCE PROGRAM   runs an example; its last comment says what it prints
  snippets.py check-pages ROOT TOOL      fences, links between pages, every subcommand and option

How a page is written:
  ```cpp     the #include lines go to the top of the program, all else is its main(), block after block
  ```sh      bash -eu; the blocks of a page share one directory, empty at first
  ```console the same as a session: `$ ` before each command, below it what it prints; it may fail
  ```output  what the block before it prints, on stdout and stderr; a block without one must print nothing.
             … stands for any text of a line, a line of ⋮ alone for any number of lines
  ```text    illustrative, not run; so are ```cmake blocks
Standard library only.
"""
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BLOCK_END = "\x1e"  # a program prints it after each block, so that the output of one can be told from the next one's
FENCES = {"cpp", "sh", "console", "output", "text", "cmake"}
TIME_LIMIT = 120


@dataclass
class Block:
    language: str
    line: int  # of its first line of content, from 1
    text: str


def blocks_of(page):
    """The fenced blocks of a page, in order."""
    blocks, current = [], None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```") and current is None:
            current = Block(line[3:].strip(), number + 1, "")
        elif line.startswith("```"):
            blocks.append(current)
            current = None
        elif current is not None:
            current.text += line + "\n"
    if current is not None:
        raise SystemExit(f"{page}:{current.line - 1}: this block does not end")
    return blocks


def with_output(page, language):
    """(block, what it prints) for every block of a language."""
    blocks = blocks_of(page)
    pairs = []
    for block, following in zip(blocks, blocks[1:] + [None]):
        if block.language == language:
            has_output = following is not None and following.language == "output"
            pairs.append((block, following.text if has_output else ""))
    return pairs


def generate(page, out):
    includes, body = ["#include <cstdio>"], []
    for block in (b for b in blocks_of(page) if b.language == "cpp"):
        body.append(f'#line {block.line} "{page}"')
        for line in block.text.splitlines():
            is_include = line.startswith("#include")
            if is_include and line not in includes:
                includes.append(line)
            body.append("" if is_include else line)
        body.append(r'std::fputs("\x1e", stdout);')
    text = "\n".join(["// Generated from " + page.name + ".", *includes, "int main() {", *body, "}", ""])
    if not out.exists() or out.read_text(encoding="utf-8") != text:
        out.write_text(text, encoding="utf-8")


def agrees(expected, found):
    """Whether `found` is what `expected` says, … and ⋮ standing for anything."""
    pattern = ""
    for line in expected.splitlines():
        if line == "⋮":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += r"[^\n]*".join(re.escape(piece) for piece in line.split("…")) + r"\n"
    return re.fullmatch(pattern, found) is not None


def compare(place, expected, found):
    if agrees(expected, found):
        return True
    print(f"{place}: printed\n{found}expected\n{expected}", end="", file=sys.stderr)
    return False


def run(command, directory, **options):
    return subprocess.run(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          encoding="utf-8", timeout=TIME_LIMIT, check=False, **options)


def check_cpp(page, program):
    with tempfile.TemporaryDirectory(prefix="coppice-docs-") as directory:
        done = run([str(program)], directory)
    printed = done.stdout.split(BLOCK_END)
    expected = with_output(page, "cpp")
    if done.returncode != 0 or len(printed) != len(expected) + 1:
        print(f"{page}: the program ended with {done.returncode} in block {len(printed)} of {len(expected)}:\n"
              f"{printed[-1]}", file=sys.stderr)
        return False
    return all([compare(f"{page}:{block.line}", output, found)
                for (block, output), found in zip(expected, printed)])


def session(block):
    """(command, what it prints) for every command of a console block."""
    pairs = []
    for number, line in enumerate(block.text.splitlines(), block.line):
        if line.startswith("$ "):
            pairs.append((Block("console", number, line[2:] + "\n"), ""))
        elif not pairs:
            raise SystemExit(f"line {block.line}: a console block must begin with '$ '")
        else:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + line + "\n")
    return pairs


def check_sh(tool, page):
    environment = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    steps = with_output(page, "sh") + [pair for block, _ in with_output(page, "console") for pair in session(block)]
    good = True
    with tempfile.TemporaryDirectory(prefix="coppice-docs-") as directory:
        for block, output in sorted(steps, key=lambda step: step[0].line):
            done = run(["bash", "-euo", "pipefail", "-c", block.text], directory, env=environment)
            good &= compare(f"{page}:{block.line}", output, done.stdout)
            if done.returncode != 0 and block.language == "sh":
                print(f"{page}:{block.line}: ended with {done.returncode}", file=sys.stderr)
                good = False
    return good


def check_example(source, program):
    lines = source.read_text(encoding="utf-8").splitlines()
    if "// Prints:" not in lines:
        print(f"{source}: lacks a comment '// Prints:'", file=sys.stderr)
        return False
    said = lines[lines.index("// Prints:") + 1:]
    expected = "".join(line.removeprefix("//   ") + "\n" for line in said)
    with tempfile.TemporaryDirectory(prefix="coppice-docs-") as directory:
        done = run([str(program)], directory)
    if done.returncode != 0:
        print(f"{program}: ended with {done.returncode}", file=sys.stderr)
    return compare(str(source), expected, done.stdout) and done.returncode == 0


def wrong_fences(page):
    blocks = blocks_of(page)
    for block, before in zip(blocks, [None] + blocks):
        place = f"{page}:{block.line - 1}"
        if block.language not in FENCES:
            yield f"{place}: found a block of '{block.language}', expected {', '.join(sorted(FENCES))}"
        elif block.language == "output" and (before is None or before.language not in ("cpp", "sh")):
            yield f"{place}: an output block must follow one of cpp or sh"


def broken_links(page):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target and not (page.parent / target).exists():
            yield f"{page}: links to {target}, which is not there"


def subcommands_of(tool):
    usage = run([str(tool), "--help"], tool.parent).stdout
    return re.findall(r"^  ([\w-]+)  ", usage[usage.index("Subcommands"):], flags=re.MULTILINE)


def unmentioned_subcommands(root, tool):
    subcommands = subcommands_of(tool)
    if len(subcommands) < 2:
        yield "coppice --help lists no subcommands"
    manual = (root / "docs/man/coppice.1").read_text(encoding="utf-8")
    guide = "".join(page.read_text(encoding="utf-8") for page in (root / "docs/guide").glob("*.md"))
    for name in subcommands:
        if not re.search(rf'^\.BI? {name}\b', manual.replace("\\-", "-"), flags=re.MULTILINE):
            yield f"docs/man/coppice.1 lacks the subcommand {name}"
        if f"coppice {name} " not in guide:
            yield f"docs/guide/ shows no 'coppice {name}'"


def manual_options(manual):
    """subcommand → (option, value) pairs of the manual page, global ones under ""; a heading names who takes them."""
    options, takers, after_tag = {}, [], False
    for line in manual.replace("\\-", "-").splitlines():
        if line.startswith((".SH", ".SS")):
            takers = line[4:].split(", ") if line.startswith(".SS") else [""] if line == ".SH GLOBAL OPTIONS" else []
        elif after_tag:
            words = re.split(r"\s*,?\s+", re.sub(r'^\.\w+ |"', "", line))
            value = words[-1] if not words[-1].startswith("-") else ""
            for taker in takers:
                options.setdefault(taker, set()).update((word, value) for word in words if word.startswith("-"))
        after_tag = line == ".TP"
    return options


def help_options(tool, subcommand):
    """The (option, value) pairs of a help text."""
    text = run([str(tool), *filter(None, [subcommand]), "--help"], tool.parent).stdout
    lines = re.findall(r"^  (-\S+)(?: (\S+))?(?:  |$)", text, flags=re.MULTILINE)
    return {(name, value) for names, value in lines for name in names.split(",")}


def differing_options(root, tool):
    manual = manual_options((root / "docs/man/coppice.1").read_text(encoding="utf-8"))
    subcommands = {name for name in manual if name} | set(subcommands_of(tool))
    for name in ["", *sorted(subcommands)]:
        shown = help_options(tool, name) - ({("-h", ""), ("--help", "")} if name else set())
        for option in sorted(shown ^ manual.get(name, set())):
            verb = "lacks" if option in shown else "has"
            yield f"docs/man/coppice.1 {verb} '{' '.join(option)}' of {name or 'every subcommand'}, unlike --help"


def check_pages(root, tool):
    guide = sorted((root / "docs/guide").glob("*.md"))
    problems = [problem for page in guide for problem in wrong_fences(page)]
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        problems += broken_links(page)
    problems += unmentioned_subcommands(root, tool)
    problems += differing_options(root, tool)
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return not problems


def main():
    commands = {"generate": generate, "check-cpp": check_cpp, "check-sh": check_sh, "check-example": check_example,
                "check-pages": check_pages}
    if len(sys.argv) != 4 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    verdict = commands[sys.argv[1]](Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
    sys.exit(1 if verdict is False else 0)


if __name__ == "__main__":
    main()
