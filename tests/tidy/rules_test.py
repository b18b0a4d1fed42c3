#!/usr/bin/env python3
"""Each rule finds what it is for, where it is, and leaves a clean tree alone: a check can fail."""
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the tree stays as git knows it
import headers_alone
from rules import RULES
from tree import Tree

CLEAN = {
    "yard": "#!/usr/bin/env bash\ncommand_up() {\n    case $1 in --demo) ;; esac\n}\n",
    "README.md": "Run `./yard up --demo`. Shares are checked in `stratum/job.cpp`.\n",
    "ARCHITECTURE.md": "See [the job](stratum/job.h).\n",
    "stratum/job.h": "#pragma once\n#include <cstdint>\nint job();\n",
    "stratum/job.cpp": '#include "stratum/job.h"\n\n#include <vector>\n\nint job() { return 1; }\n',
    "server/pool/shard.cpp": '#include "server/node/nodes.h"\n#include "stratum/job.h"\n',
    "server/node/nodes.h": "#pragma once\n",
    "migrations/0001_people.sql": "select 1;\n",
    "web/package.json": "{}\n",
}


def long_function(head, lines):
    return head + " {\n" + "    f();\n" * lines + "}\n"


# Rule, files beside the clean ones, where it must find something.
CASES = [
    ("arrows", {"stratum/a.cpp": '#include "server/log.h"\n'}, ["stratum/a.cpp:1"]),
    ("arrows", {"stratum/a.cpp": '\n#include "fleet/ledger/reward.h"\n'}, ["stratum/a.cpp:2"]),
    ("arrows", {"fleet/a.h": '#include "stratum/job.h"\n'}, ["fleet/a.h:1"]),
    ("arrows", {"fleet/a.h": "#include <boost/asio.hpp>\n"}, ["fleet/a.h:1"]),
    ("arrows", {"stratum/a.cpp": "#include <thread>\n#include <sys/socket.h>\n"},
     ["stratum/a.cpp:1", "stratum/a.cpp:2"]),
    ("arrows", {"server/http/a.cpp": '#include "server/pool/shard.h"\n'}, ["server/http/a.cpp:1"]),
    ("arrows", {"server/pool/a.cpp": '#include "server/http/api.h"\n'}, ["server/pool/a.cpp:1"]),
    ("arrows", {"server/node/a.cpp": '#include "server/store/database.h"\n'}, ["server/node/a.cpp:1"]),
    ("arrows", {"server/log.cpp": '#include "server/pool/journal.h"\n'}, ["server/log.cpp:1"]),
    ("arrows", {"stratum/v2/a.cpp": "#include <openssl/evp.h>\n#include <secp256k1_ecdh.h>\n"}, []),
    ("arrows", {"stratum/v2/a.cpp": "#include <openssl/ssl.h>\n"}, ["stratum/v2/a.cpp:1"]),
    ("arrows", {"stratum/a.cpp": "#include <openssl/evp.h>\n#include <secp256k1.h>\n"},
     ["stratum/a.cpp:1", "stratum/a.cpp:2"]),
    ("heavy_includes", {"stratum/v2/a.h": "#include <secp256k1.h>\n"}, ["stratum/v2/a.h:1"]),
    ("heavy_includes", {"server/pool/a.cpp": "#include <secp256k1.h>\n"}, ["server/pool/a.cpp:1"]),
    ("heavy_includes", {"server/pool/a.h": "#include <nlohmann/json.hpp>\n"}, ["server/pool/a.h:1"]),
    ("heavy_includes", {"server/pool/a.cpp": "#include <pqxx/pqxx>\n"}, ["server/pool/a.cpp:1"]),
    ("heavy_includes", {"server/log.cpp": "#include <toml++/toml.h>\n"}, ["server/log.cpp:1"]),
    ("include_paths", {"stratum/a.cpp": '#include "job.h"\n'}, ["stratum/a.cpp:1"]),
    ("include_paths", {"stratum/a.cpp": '#include "stratum/gone.h"\n'}, ["stratum/a.cpp:1"]),
    ("include_paths", {"stratum/job.cpp": '#include <vector>\n#include "stratum/job.h"\n'},
     ["stratum/job.cpp:1"]),
    ("long_lines", {"server/a.cpp": "\n" + "x" * 111 + "\n"}, ["server/a.cpp:2"]),
    ("long_lines", {"server/a.cpp": "é" * 110 + "\n"}, []),
    ("long_lines", {"server/a.cpp": "x" * 111 + "\n", "tests/tidy/ratchet.txt": "long_lines server/a.cpp 1"},
     []),
    ("long_files", {"server/a.cpp": "\n" * 401}, ["server/a.cpp:401"]),
    ("long_files", {"server/a.cpp": "\n" * 400}, []),
    ("long_functions", {"server/a.cpp": long_function("int f(int a)", 69)}, ["server/a.cpp:1"]),
    ("long_functions", {"server/a.cpp": long_function("int f(int a)", 68)}, []),
    ("long_functions", {"server/a.cpp": "\n" + long_function("int f(int a,\n      int b)", 68)},
     ["server/a.cpp:2"]),
    ("long_functions", {"server/a.cpp": long_function('TEST_CASE("a long one")', 90)}, ["server/a.cpp:1"]),
    ("long_functions", {"server/a.cpp": "struct A {\n    int f() {\n" + "     g();\n" * 70 + "    }\n};\n"},
     ["server/a.cpp:2"]),
    ("long_functions", {"server/a.cpp": "void f() {\n    const auto g = [](int a) {\n    };\n}\n\n" +
                        long_function("void h()", 68) + "void i() {\n    if (a) {\n    }\n}\n"}, []),
    ("long_functions", {"tests/a.py": "def f():\n" + "    g()\n" * 80}, ["tests/a.py:1"]),
    ("banned_words", {"server/a.cpp": "int a;  // TO" + "DO: more\n"}, ["server/a.cpp:1"]),
    ("banned_words", {"server/a.cpp": "std::this_thread::sleep_for(1s);\n"}, ["server/a.cpp:1"]),
    ("banned_words", {"tests/simulators/a.cpp": "std::this_thread::sleep_for(1s);\n"}, []),
    ("banned_words", {"server/a.h": "    int get_count() const;\n"}, ["server/a.h:1"]),
    ("banned_words", {"server/a.cpp": "auto& t = value.get_ref<const std::string&>();\n"}, []),
    ("banned_words", {"README.md": "cd /ho" + "me/someone\n"}, ["README.md:1"]),
    ("banned_words", {"server/a.cpp": "spawn([this]() -> asio::awaitable<void> {});\n"}, ["server/a.cpp:1"]),
    ("banned_words", {"tests/a.cpp": "#include <catch2/catch.hpp>\n"}, ["tests/a.cpp:1"]),
    ("banned_words", {"CMakeLists.txt": "add_definitions(-D NDEBUG)\n"}, ["CMakeLists.txt:1"]),
    ("pragma_once", {"server/a.h": "// A.\n#pragma once\n"}, ["server/a.h:1"]),
    ("top_level", {"util/a.h": "#pragma once\n"}, ["util:1"]),
    ("migrations", {"migrations/0003_gap.sql": ""}, ["migrations/0003_gap.sql:1"]),
    ("migrations", {"tests/tidy/migrations.sha256": "0" * 64 + "  migrations/0001_people.sql\n"},
     ["migrations/0001_people.sql:1"]),
    ("migrations", {"tests/tidy/migrations.sha256": "0" * 64 + "  migrations/0000_gone.sql\n"},
     ["migrations/0000_gone.sql:1", "migrations/0001_people.sql:1"]),
    ("data_files", {"web/package.json": "{,}\n"}, ["web/package.json:1"]),
    ("data_files", {"tests/a.toml": "a = \n"}, ["tests/a.toml:1"]),
    ("shell_scripts", {"yard": "#!/bin/bash\nif\n"}, ["yard:1"]),
    ("documents", {"README.md": "`./yard fly`\n"}, ["README.md:1"]),
    ("documents", {"README.md": "`./yard up --nowhere`\n"}, ["README.md:1"]),
    ("documents", {"ARCHITECTURE.md": "\n`stratum/gone.h`\n"}, ["ARCHITECTURE.md:2"]),
]


class Rules(unittest.TestCase):
    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in files.items():
            whole = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
        return Tree(folder.name)

    def test_a_clean_tree_passes_every_rule(self):
        tree = self.tree(CLEAN)
        for name, rule in RULES.items():
            with self.subTest(rule=name):
                self.assertEqual([], [str(finding) for finding in rule(tree)])

    def test_each_rule_finds_its_offence_where_it_stands(self):
        for name, files, expected in CASES:
            with self.subTest(rule=name, files=list(files)):
                findings = RULES[name](self.tree({**CLEAN, **files}))
                self.assertEqual(expected, [f"{finding.path}:{finding.line}" for finding in findings])

    def test_each_rule_has_a_case_that_fails(self):
        self.assertEqual(set(RULES), {name for name, _, expected in CASES if expected})

    def test_a_header_that_leans_on_another_is_found(self):
        tree = self.tree({**CLEAN, "server/a.h": "#pragma once\nstd::vector<int> all();\n"})
        findings, alone = headers_alone.check(tree.root, sys.argv[1])
        self.assertEqual(["server/a.h"], alone)
        self.assertEqual(1, len(findings))
        self.assertIn("server/a.h:1: does not compile alone", findings[0])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
