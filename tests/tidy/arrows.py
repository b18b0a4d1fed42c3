"""Who may include whom. ARCHITECTURE.md draws the same arrows; a new one is written there first."""
import os
import re

from tree import Finding

# Room to the rooms it may include besides itself. The longest matching room owns a file.
ROOMS = {
    "stratum": set(),
    "fleet": set(),
    "server": {"stratum", "fleet"},  # config, log, metrics; main.cpp and commands/: see WIRING
    "server/store": {"stratum", "fleet", "server"},
    "server/node": {"stratum", "server"},
    "server/pool": {"stratum", "fleet", "server", "server/store", "server/node"},  # fleet: weights of slices
    # pool: the server's V2 identity
    "server/declaration": {"stratum", "server", "server/node", "server/pool"},
    "server/books": {"fleet", "server", "server/store"},
    # node: the RPC connection
    "server/wallet": {"stratum", "fleet", "server", "server/store", "server/node"},
    # node: the JSON scanner
    "server/prices": {"fleet", "server", "server/store", "server/node"},
    "server/proof": {"stratum", "fleet", "server", "server/store"},
    "server/reports": {"fleet", "server", "server/store"},
    "server/devices": {"fleet", "server", "server/store"},
    "server/http": {"stratum", "fleet", "server", "server/store", "server/reports"},
}
# These put the parts together, so they see all rooms. config fills the rooms' plain options structs.
WIRING = ("server/main.cpp", "server/commands/", "server/serve.", "server/accounting.", "server/database_keeper.",
          "server/live_board.", "server/greeting.")
OPTIONS_READERS = ("server/config",)
# http shows live figures through this plain header of its own; pool fills it: the one header both may name.
SHARED_HEADERS = {"server/http/live.h"}

PURE = ("stratum/", "fleet/")
PURE_SYSTEM = re.compile(r"[a-z_0-9]+|immintrin\.h|cpuid\.h|boost/system/result\.hpp|boost/multiprecision/.*|"
                         r"nlohmann/json(_fwd)?\.hpp")
# Pure functions of other people's making, in these folders only.
PURE_CRYPTOGRAPHY = (("stratum/v2/", re.compile(r"openssl/(crypto|evp)\.h|secp256k1(_\w+)?\.h")),
                     ("fleet/", re.compile(r"openssl/(crypto|evp)\.h")))
OUTSIDE_WORLD = re.compile("(thread|mutex|condition_variable|fstream|filesystem|future|iostream|syncstream)$")

# Libraries that cost seconds a file: the rooms that may use them at all, and the rooms whose headers may.
HEAVY = {
    "boost/asio": (("server/", "tests/"), ("server/",)),
    "boost/beast": (("server/http/", "server/node/", "server/prices/", "server/asio.cpp", "tests/"),
                    ("server/http/", "server/node/")),
    "nlohmann/json.hpp": (("stratum/", "server/", "tests/"), ()),
    "pqxx/": (("server/store/", "tests/"), ("server/store/",)),
    "openssl/": (("server/", "stratum/v2/", "fleet/", "tests/"), ("server/pool/", "server/reports/")),
    "secp256k1": (("stratum/v2/", "tests/"), ()),
    "zmq": (("server/node/", "tests/"), ("server/node/",)),
    "toml++/": (("server/config", "tests/"), ()),
    "xlsxwriter.h": (("server/reports/", "tests/"), ()),
    "hpdf.h": (("server/reports/", "tests/"), ()),
    "CLI/": (("server/main.cpp", "server/commands/", "tests/"), ()),
}

INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')


def includes(tree, path):
    for n, line in enumerate(tree.lines(path), 1):
        match = INCLUDE.match(line)
        if match:
            yield n, match.group(1) == "<", match.group(2)


def room_of(path):
    owners = [room for room in ROOMS if path.startswith(room + "/")]
    return max(owners, key=len) if owners else None


def arrows(tree):
    for path in tree.cpp():
        room = room_of(path)
        if not room or path.startswith(WIRING):
            continue
        for n, system, name in includes(tree, path):
            if system:
                cryptography = any(path.startswith(folder) and allowed.fullmatch(name)
                                   for folder, allowed in PURE_CRYPTOGRAPHY)
                pure = PURE_SYSTEM.fullmatch(name) and not OUTSIDE_WORLD.match(name) or cryptography
                if path.startswith(PURE) and not pure:
                    yield Finding(path, n, f"<{name}> in a pure room: take bytes, time, numbers as arguments")
                continue
            target = room_of(name)
            if target in (None, room) or target in ROOMS[room] or name in SHARED_HEADERS:
                continue
            if path.startswith(OPTIONS_READERS) and name.endswith(("options.h", "limits.h")):
                continue
            yield Finding(path, n, f"{room} may not include {target}: hand it a reference or a callable from "
                                   "main.cpp, or draw the arrow in ARCHITECTURE.md first")


def heavy_includes(tree):
    for path in tree.cpp():
        for n, system, name in includes(tree, path):
            if not system:
                continue
            for library, (users, header_users) in HEAVY.items():
                if not name.startswith(library):
                    continue
                if not path.startswith(users):
                    yield Finding(path, n, f"<{name}> is used in {', '.join(users)} only")
                elif path.endswith(".h") and not path.startswith(header_users + ("tests/",)):
                    yield Finding(path, n, f"<{name}> in a header makes every file that includes it slow: "
                                           "move it to the .cpp, declare forward")


def include_paths(tree):
    """Includes of ours are paths from the root and exist; a .cpp file names its own header first."""
    for path in tree.cpp():
        own = path[:-4] + ".h" if path.endswith(".cpp") else None
        first = True
        for n, system, name in includes(tree, path):
            if not system and name not in tree.files:
                beside = os.path.join(os.path.dirname(path), name)
                remedy = f'write it from the root: "{beside}"' if beside in tree.files else "no such file"
                yield Finding(path, n, f'"{name}": {remedy}')
            if first and own in tree.files and name != own:
                yield Finding(path, n, f'the first include is "{own}", so that it is proven to compile alone')
            first = False
