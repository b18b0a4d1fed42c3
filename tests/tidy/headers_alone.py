#!/usr/bin/env python3
"""headers_alone.py ROOT COMPILER: every header compiles alone.

A header that some .cpp file includes before anything else is proven by the build itself (rule include_paths
keeps it so); the others are compiled here, two at a time."""
import concurrent.futures
import subprocess
import sys

sys.dont_write_bytecode = True  # the tree stays as git knows it
from arrows import includes
from tree import Tree


def proven_by_build(tree):
    proven = set()
    for path in tree.ending(".cpp"):
        for _, system, name in includes(tree, path):
            if not system:
                proven.add(name)
            break
    return proven


def compile_alone(tree, compiler, header):
    separate = ["-DBOOST_ASIO_SEPARATE_COMPILATION", "-DBOOST_BEAST_SEPARATE_COMPILATION"]
    options = ["-std=c++20", "-fsyntax-only", *separate, "-I", tree.root, "-x", "c++"]
    done = subprocess.run([compiler, *options, "-include", tree.path(header), "/dev/null"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    errors = [line for line in done.stderr.splitlines() if "error" in line] or [done.stderr]
    return f"{header}:1: does not compile alone; include what it uses: {errors[0]}"


def check(root, compiler):
    tree = Tree(root)
    proven = proven_by_build(tree)
    alone = [header for header in tree.ending(".h") if header not in proven]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        findings = [f for f in pool.map(lambda header: compile_alone(tree, compiler, header), alone) if f]
    return findings, alone


def main(arguments):
    findings, alone = check(arguments[1], arguments[2])
    for finding in findings:
        print(finding)
    print(f"{len(alone)} headers compiled alone; the others are some .cpp file's first include")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
