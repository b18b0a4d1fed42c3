#!/usr/bin/env python3
"""rules.py ROOT RULE: checks one rule of the house over the tree; prints each finding with its remedy.
rules.py ROOT --ratchet: prints the lines tests/tidy/ratchet.txt would need for the tree as it stands."""
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib

sys.dont_write_bytecode = True  # the tree stays as git knows it
import arrows
from tree import Finding, Tree

LINE_LETTERS_MAX = 110
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

TOP_LEVEL = {
    # given by the project's owner
    "CMakeLists.txt", "server", "stratum", "fleet", "web", "migrations", "tests", "docker-compose.yml",
    # beside them
    "yard", "README.md", "ARCHITECTURE.md", "LICENSE", "CMakePresets.json", ".clang-format", ".clang-tidy",
    ".gitignore", ".ci",
}


def long_lines(tree):
    allowed = tree.allowed("long_lines")
    for path in tree.sources():
        long = [(n, len(line)) for n, line in enumerate(tree.lines(path), 1) if len(line) > LINE_LETTERS_MAX]
        if len(long) > allowed.get(path, 0):
            for n, letters in long:
                yield Finding(path, n, f"{letters} letters; wrap it at {LINE_LETTERS_MAX}")


def long_files(tree):
    allowed = tree.allowed("long_files")
    for path in tree.sources():
        lines = len(tree.lines(path))
        if lines > max(FILE_LINES_MAX, allowed.get(path, 0)):
            yield Finding(path, lines, f"{lines} lines; at most {FILE_LINES_MAX}: split it by subject")


NOT_A_FUNCTION = re.compile(r"\s*(if|for|while|switch|else|do|catch|namespace|struct|class|enum|union|"
                            r"extern|return|case|\}|#|//)")


def cpp_functions(lines):
    """(first line, number of lines) of functions by their shape: a head with a parameter list, ending in '{',
    at most one class deep; then '}' alone at the head's depth. Lambdas and initialisers end otherwise."""
    for brace, line in enumerate(lines):
        if not line.endswith("{") or ")" not in line:
            continue
        start, open_parens = brace, 0
        while True:
            open_parens += lines[start].count(")") - lines[start].count("(")
            if open_parens <= 0 or start == 0:
                break
            start -= 1
        head = lines[start]
        depth = len(head) - len(head.lstrip())
        if depth > 4 or NOT_A_FUNCTION.match(head) or line.rstrip().endswith(("= {", "({", ", {")):
            continue
        for end in range(brace + 1, len(lines)):
            if lines[end] == " " * depth + "}":
                yield start + 1, end - start + 1
                break
            if depth > 0 and lines[end].strip() and not lines[end].startswith((" " * depth, "#")):
                break  # the end of what encloses it: this was a lambda
            if lines[end].strip() and not lines[end].startswith((" " * depth + " ", "#")) and depth == 0 \
                    and not re.match(r"\w+:$", lines[end]):
                break


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno - node.lineno + 1


def long_functions(tree):
    allowed = tree.allowed("long_functions")
    for path in tree.ending(".cpp", ".h", ".py"):
        is_python = path.endswith(".py")
        functions = python_functions(tree.text(path)) if is_python else cpp_functions(tree.lines(path))
        for line, length in functions:
            if length > max(FUNCTION_LINES_MAX, allowed.get(path, 0)):
                yield Finding(path, line, f"a function of {length} lines; at most {FUNCTION_LINES_MAX}: "
                                          "keep the branching here, move leaves out")


# What must not stand in a line: pattern, where (a prefix of the path, or all), where not, remedy.
PRODUCT = ("server/", "stratum/", "fleet/")
BANNED = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", (), (), "do it now, or write an issue; code does not promise"),
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\(", (), ("tests/simulators/", "tests/bench/"),
     "wait for the event itself, with a deadline"),
    (r"(?<![\w.>:])get_\w+\s*\([^;]*\)\s*(const)?\s*(noexcept)?\s*(\{|;)\s*$", PRODUCT, (),
     "name the value, without get_ (house glossary)"),
    (r"(^|[^A-Za-z0-9_.*])/(work|farm|root|home)/\w", (), (),
     "a path of one machine; make it an option or derive it"),
    (r"\bNDEBUG\b", (), (), "assertions stay on in every build"),
    (r"\bassert\s*\(", PRODUCT, (), "use ensure(): it is on in every build"),
    (r"\bstd::(format|expected)\b", (), (), "g++ 12 has neither: fmt and boost::system::result"),
    (r"\](\s*\([^)]*\))?\s*(mutable)?\s*->\s*[\w:]*awaitable<", (), (),
     "g++ 12 double-frees the captures of a lambda coroutine: make it a named function that takes values"),
    (r"<catch2/", ("tests/",), ("tests/catch.h",), 'write "tests/catch.h": it knows both versions of Catch2'),
    (r"\busing namespace (?!std::(chrono_|string_)?(view_)?literals)", ("server/", "stratum/", "fleet/"), (),
     "name what you use"),
]


def banned_words(tree):
    allowed = tree.allowed("banned_words")
    text_files = tree.sources() + tree.ending(".md", ".yml", ".json", ".toml")
    for path in text_files:
        if path.startswith("tests/tidy/"):
            continue
        found = []
        for n, line in enumerate(tree.lines(path), 1):
            for pattern, inside, outside, remedy in BANNED:
                if (inside and not path.startswith(inside)) or (outside and path.startswith(outside)):
                    continue
                match = re.search(pattern, line)
                if match:
                    found.append(Finding(path, n, f"'{match.group(0).strip()}': {remedy}"))
        if len(found) > allowed.get(path, 0):
            yield from found


def pragma_once(tree):
    for path in tree.ending(".h"):
        lines = tree.lines(path)
        if not lines or lines[0] != "#pragma once":
            yield Finding(path, 1, "the first line of a header is '#pragma once'")


def top_level(tree):
    for name in sorted({path.split("/")[0] for path in tree.files} - TOP_LEVEL):
        yield Finding(name, 1, "not of the top level; find the folder that owns it (ARCHITECTURE.md, Rooms)")


def migrations(tree):
    """Numbers run on without a gap. Merged files never change: tests/tidy/migrations.sha256 has the sums."""
    files = [path for path in tree.files if path.startswith("migrations/")]
    for number, path in enumerate(files, 1):
        if not re.fullmatch(rf"migrations/{number:04}_[a-z0-9_]+\.sql", path):
            yield Finding(path, 1, f"the next migration is called {number:04}_what_it_does.sql")
    sums = {}
    listed = tree.path("tests/tidy/migrations.sha256")
    if os.path.exists(listed):
        for line in tree.lines("tests/tidy/migrations.sha256"):
            digest, path = line.split()
            sums[path] = digest
    for path in sorted(set(files) | set(sums)):
        if path not in files:
            yield Finding(path, 1, "a merged migration is gone; put it back: databases have run it")
        elif sums and path not in sums:
            yield Finding(path, 1, "not in tests/tidy/migrations.sha256; add what sha256sum prints for it")
        elif sums and hashlib.sha256(tree.text(path).encode()).hexdigest() != sums[path]:
            yield Finding(path, 1, "a merged migration changed; put it back and write the next one")


def data_files(tree):
    for path in tree.ending(".json", ".toml"):
        if path.startswith("tests/fuzz/"):
            continue  # broken on purpose
        try:
            (json.loads if path.endswith(".json") else tomllib.loads)(tree.text(path))
        except ValueError as error:
            yield Finding(path, getattr(error, "lineno", 1), f"does not parse: {error}")


def shell_scripts(tree):
    for path in tree.shell_scripts():
        checked = subprocess.run(["bash", "-n", tree.path(path)], capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            yield Finding(path, 1, f"bash cannot read it: {checked.stderr.strip()}")


def documents(tree):
    """Commands that README.md and ARCHITECTURE.md name exist in yard, the paths in the tree."""
    yard = tree.text("yard") if "yard" in tree.files else ""
    folders = {path[:i] for path in tree.files for i, letter in enumerate(path) if letter == "/"}
    for path in ("README.md", "ARCHITECTURE.md"):
        if path not in tree.files:
            yield Finding(path, 1, "is missing")
            continue
        for n, line in enumerate(tree.lines(path), 1):
            for command, rest in re.findall(r"\./yard ([a-z]+)([^`#|]*)", line):
                if f"command_{command}()" not in yard:
                    yield Finding(path, n, f"yard has no command '{command}'; ./yard help lists them")
                for option in re.findall(r"--[a-z-]+", rest):
                    if not re.search(option + r"[ )|\]]", yard):
                        yield Finding(path, n, f"yard has no option {option}")
            for named in re.findall(r"`([a-z_.]+/[\w./-]*)`", line) + re.findall(r"\]\(([\w./-]+)\)", line):
                ours = named.split("/")[0] in TOP_LEVEL
                if ours and named.rstrip("/") not in folders and named not in tree.files:
                    yield Finding(path, n, f"there is no {named} in the tree; tell what is there now")


RULES = {
    "arrows": arrows.arrows,
    "heavy_includes": arrows.heavy_includes,
    "include_paths": arrows.include_paths,
    "long_lines": long_lines,
    "long_files": long_files,
    "long_functions": long_functions,
    "banned_words": banned_words,
    "pragma_once": pragma_once,
    "top_level": top_level,
    "migrations": migrations,
    "data_files": data_files,
    "shell_scripts": shell_scripts,
    "documents": documents,
}


def print_ratchet(tree):
    tree.allowed = lambda rule: {}
    for rule in ("long_lines", "banned_words", "long_files", "long_functions"):
        worst = {}
        for finding in RULES[rule](tree):
            before = worst.get(finding.path, 0)
            length = re.search(r"(\d+) lines", finding.text)
            worst[finding.path] = max(before, int(length.group(1))) if length else before + 1
        for path, number in sorted(worst.items()):
            print(rule, path, number)


def main(arguments):
    tree = Tree(arguments[1])
    if arguments[2] == "--ratchet":
        print_ratchet(tree)
        return 0
    findings = list(RULES[arguments[2]](tree))
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
