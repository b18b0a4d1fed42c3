"""The source tree as the rules see it, and what a rule reports."""
import os
import re
import subprocess
from dataclasses import dataclass

# Made by builds or by running; never looked at.
IGNORED = {".git", "build", "data", "node_modules", ".yard", "__pycache__"}


@dataclass
class Finding:
    path: str
    line: int
    text: str  # what is wrong, then the remedy

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = sorted(self._tracked() or self._walked())

    def _tracked(self):
        """What git knows or would add; nothing where git or its history is missing."""
        try:
            found = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                   cwd=self.root, capture_output=True, check=True).stdout.decode()
        except (OSError, subprocess.CalledProcessError):
            return []
        return [p for p in found.split("\0") if p and os.path.exists(os.path.join(self.root, p))]

    def _walked(self):
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in IGNORED]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return [path for path in found if path not in IGNORED]

    def path(self, path):
        return os.path.join(self.root, path)

    def text(self, path):
        with open(self.path(path), encoding="utf-8") as file:
            return file.read()

    def lines(self, path):
        return self.text(path).splitlines()

    def ending(self, *endings):
        return [path for path in self.files if path.endswith(endings)]

    def cpp(self):
        return self.ending(".h", ".cpp")

    def sources(self):
        """Everything a person writes and reads as code."""
        named = self.ending(".h", ".cpp", ".py", ".sql", ".cmake", "CMakeLists.txt", ".ts", ".tsx", ".js",
                            ".css")
        return sorted(set(named + self.shell_scripts()))

    def shell_scripts(self):
        scripts = self.ending(".sh")
        for path in self.files:
            if "." in os.path.basename(path):
                continue
            with open(self.path(path), "rb") as file:
                if re.match(rb"#!.*\b(ba)?sh\b", file.readline(100)):
                    scripts.append(path)
        return scripts

    def allowed(self, rule):
        """The old offences that tests/tidy/ratchet.txt lets pass: path to number. They only shrink."""
        allowed = {}
        ratchet = self.path("tests/tidy/ratchet.txt")
        if os.path.exists(ratchet):
            with open(ratchet, encoding="utf-8") as file:
                for line in file:
                    fields = line.split("#")[0].split()
                    if fields and fields[0] == rule:
                        allowed[fields[1]] = int(fields[2])
        return allowed
