#!/usr/bin/env python3
"""Stratum V2 as code that others wrote speaks it. A client on the reference implementation's crates (the Rust
program in this folder) connects to a whole Hashyard, mines for real, and its shares stand in PostgreSQL.
Runs on request, since it fetches and builds those crates: ./yard test --interop."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

from world import EASIEST, USER, Hashyard, eventually, free_port  # noqa: E402

CARGO_NEEDED = (1, 80)
# Another authority than the server's: the example key of the specification.
OTHER_KEY = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh"
NO_BLOCKS = {"nbits": 0x1D00FFFF, "difficulty": EASIEST}
SHARES_TO_BLOCK = {"nbits": 0x1F00FFFF, "difficulty": "0.00000095367431640625"}  # 2^-16 and 2^-20


class Agreed:
    """What the server promises, all in one place."""

    # The channel's first target follows from the hash rate that the client names; this one makes a share cost
    # some thousand hashes. A listener that starts from difficulty_start alone serves as well.
    HASH_RATE = 1000

    # Silent peers are hung up on after 10 s.
    HANDSHAKE_SECONDS = 10

    SPOILT = {
        "channel": {"invalid-channel-id"},
        "job": {"invalid-job-id"},
        "extranonce": {"bad-extranonce-size"},
        "ntime": {"invalid-share"},
        "version": {"invalid-non-rollable-version-bit"},
        "duplicate": {"duplicate-share"},
        "tag": {"closed"},
    }

    # What the client asks for, and the codes that may refuse it.
    REFUSED = [
        (["--version", 3], {"protocol-version-mismatch"}),
        (["--protocol", 2], {"unsupported-protocol"}),
        (["--flags", 1 << 31], {"unsupported-feature-flags"}),  # the reference ignores unknown flags
        (["--flags", 1], {"extended-channels-not-supported-for-standard-jobs"}),
        (["--min-extranonce", 33], {"min-extranonce-size-too-large", "unsupported-min-extranonce-size"}),
        (["--hash-rate", "nan"], {"invalid-nominal-hashrate"}),
        (["--hash-rate", -1], {"invalid-nominal-hashrate"}),
    ]

    @staticmethod
    def arguments(port):
        """Of `hashyard serve`: a V2 listener on this port of 127.0.0.1."""
        return ["--stratum-v2-port", port]

    @staticmethod
    def url(pool, port):
        """From GET /api/v1/pool: where miners connect, with the authority's key."""
        urls = [one.get("url", "") for one in pool["listeners"] if one["port"] == port]
        match = re.fullmatch(r"stratum2\+tcp://[^/]+/(9\w{50})", urls[0]) if urls else None
        if not match:
            raise AssertionError(f"no V2 listener on port {port} in {pool['listeners']}")
        return f"stratum2+tcp://127.0.0.1:{port}/{match[1]}"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def cargo(*arguments):
    target = os.path.join(os.environ.get("HASHYARD_BUILD", "/tmp"), "interop")
    environment = {**os.environ, "CARGO_TARGET_DIR": target, "CARGO_TERM_COLOR": "never"}
    run = {"capture_output": True, "text": True, "timeout": 1000}
    done = subprocess.run(["cargo", *arguments], cwd=HERE, env=environment, **run)
    return done, os.path.join(target, "release", "v2-client")


def client_program():
    """Built once per build folder. Ends the run where cargo or the crates are missing."""
    if os.environ.get("HASHYARD_INTEROP") != "1":
        skip("interoperability is tested on request: ./yard test --interop")
    if not shutil.which("cargo"):
        skip("there is no cargo here")
    version = re.match(r"cargo (\d+)\.(\d+)", cargo("--version")[0].stdout)
    if not version or (int(version[1]), int(version[2])) < CARGO_NEEDED:
        skip(f"cargo {CARGO_NEEDED[0]}.{CARGO_NEEDED[1]} or newer is needed")
    fetched, _ = cargo("fetch", "--locked")
    if fetched.returncode != 0:
        print(fetched.stderr)
        skip("cargo cannot fetch the client's crates here")
    built, program = cargo("build", "--release", "--locked", "--offline")
    if built.returncode != 0:
        sys.exit(f"the client does not build:\n{built.stderr}")
    return program


def rest_of(peer, seconds):
    """What comes until the server closes. Fails when it does not."""
    peer.settimeout(seconds)
    received = b""
    try:
        while part := peer.recv(4096):
            received += part
    except ConnectionResetError:
        pass
    return received


class V2Server(Hashyard):
    def __init__(self, **options):
        self.v2_port = free_port()
        super().__init__(arguments=Agreed.arguments(self.v2_port), **options)

    @property
    def url(self):
        return Agreed.url(json.loads(self.get("/api/v1/pool")), self.v2_port)

    def client(self, *arguments, url=None, worker="w", exit_code=0):
        command = [ClientOfOthers.program, url or self.url, "--user", f"{USER}.{worker}"]
        command += ["--hash-rate", str(Agreed.HASH_RATE), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        print(done.stdout.strip(), flush=True)
        if done.returncode != exit_code:
            raise AssertionError(f"exit code {done.returncode}, not {exit_code}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def stored(self, worker):
        """The hashes of this worker's shares, as they are displayed."""
        rows = self.database.rows(
            "select encode(s.hash, 'hex') from shares s join workers w on w.id = s.worker"
            f" join users u on u.id = w.user_id where u.name = '{USER}' and w.name = '{worker}'"
        )
        return sorted(bytes.fromhex(row[0])[::-1].hex() for row in rows)


class ClientOfOthers(unittest.TestCase):
    program = None

    def check_stored(self, server, worker, hashes):
        eventually(f"shares of {worker}", lambda: len(server.stored(worker)) >= len(hashes))
        self.assertEqual(sorted(hashes), server.stored(worker))

    def test_the_client_passes_its_own_tests(self):
        done, _ = cargo("test", "--release", "--locked", "--offline")
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_shares_of_every_kind_of_channel_are_stored(self):
        with V2Server(**NO_BLOCKS) as server:
            for name, flags, kinds in [
                ("standard", 1, ["standard"]),  # as mining devices: REQUIRES_STANDARD_JOBS
                ("grouped", 0, ["standard"]),
                ("extended", 0, ["extended"]),
                ("rolling", 4, ["extended"]),  # as the translator proxy: REQUIRES_VERSION_ROLLING
                ("mixed", 0, ["extended", "standard", "extended"]),
                ("many", 1, ["standard"] * 5),
            ]:
                with self.subTest(name):
                    opens = [part for kind in kinds for part in ("--open", kind)]
                    told = server.client("--shares", 10, "--flags", flags, *opens, worker=name)
                    counts = [told[fate] for fate in ("accepted", "rejected", "stale")]
                    self.assertEqual([10 * len(kinds), 0, 0], counts)
                    prefixes = [one["extranonce_prefix"] for one in told["channels"]]
                    self.assertEqual(len(prefixes), len(set(prefixes)), "prefixes must differ")
                    self.check_stored(server, name, [h for one in told["channels"] for h in one["hashes"]])
            # The same books for V1.
            print(server.cpu_miner("--shares", 5, "--worker", "extended"), end="")
            eventually("shares of V1", lambda: len(server.stored("extended")) >= 15)

    def test_workers_of_a_shared_channel_are_told_apart(self):
        with V2Server(**NO_BLOCKS) as server:
            names = ["left", "middle", "right-with-thirty-two-letters-ab"]
            workers = [part for name in names for part in ("--worker", name)]
            told = server.client("--shares", 12, *workers, worker="proxy")
            self.assertEqual(([2], 12), (told["extensions"], told["accepted"]))
            for name in names:
                eventually(f"shares of {name}", lambda name=name: len(server.stored(name)) == 4)
            self.assertEqual([], server.stored("proxy"))

    def test_work_goes_on_through_blocks(self):
        with V2Server(**SHARES_TO_BLOCK) as server:
            for name, flags, kinds in [("device", 1, ["standard"]), ("proxy", 0, ["extended", "standard"])]:
                opens = [part for kind in kinds for part in ("--open", kind)]
                told = server.client("--shares", 60, "--flags", flags, *opens, worker=name)
                self.assertGreater(told["channels"][0]["tips"], 1, "120 shares and no block")
                self.check_stored(server, name, [h for one in told["channels"] for h in one["hashes"]])
            eventually("a block", lambda: server.database.count("select count(*) from blocks") >= 1)

    def test_the_client_refuses_another_authority(self):
        with V2Server(**NO_BLOCKS) as server:
            told = server.client(url=server.url.rpartition("/")[0] + "/" + OTHER_KEY, exit_code=2)
            self.assertIn("certificate", told)

    def test_what_cannot_be_had_is_refused_with_the_code_of_the_reference(self):
        with V2Server(**NO_BLOCKS) as server:
            for arguments, codes in Agreed.REFUSED:
                with self.subTest(arguments):
                    self.assertIn(server.client(*arguments, exit_code=3)["refused"], codes)

    def test_bad_shares_are_refused_and_cost_nothing(self):
        with V2Server(**NO_BLOCKS) as server:
            for kind in ["extended", "standard"]:
                with self.subTest(kind):
                    wrong = [name for name in Agreed.SPOILT if (kind, name) != ("standard", "extranonce")]
                    spoils = [part for name in wrong for part in ("--spoil", name)]
                    told = server.client("--open", kind, "--shares", 3, *spoils, worker=kind)
                    for name in wrong:
                        self.assertIn(told["refusals"].get(name), Agreed.SPOILT[name], name)
                    easy = ["--open", kind, "--shares", 1, "--spoil", "target"]
                    told_easy = server.client(*easy, worker="easy-" + kind)
                    self.assertEqual({"target": "difficulty-too-low"}, told_easy["refusals"])
                    self.check_stored(server, kind, told["channels"][0]["hashes"])

    def test_peers_that_stall_in_the_handshake_are_hung_up_on(self):
        with V2Server(**NO_BLOCKS) as server:
            place = ("127.0.0.1", server.v2_port)
            with socket.create_connection(place) as silent, socket.create_connection(place) as stalled:
                began = time.monotonic()
                stalled.sendall(os.urandom(64))  # any 64 bytes are a valid first act
                answer = b""
                while len(answer) < 234:
                    answer += stalled.recv(4096)
                self.assertEqual(234, len(answer), "the server must be silent until SetupConnection")
                self.assertEqual(10, server.client("--shares", 10)["accepted"], "others must not wait")
                for peer in (silent, stalled):
                    self.assertEqual(b"", rest_of(peer, Agreed.HANDSHAKE_SECONDS + 5))
                self.assertGreater(time.monotonic() - began, Agreed.HANDSHAKE_SECONDS / 2)
            with socket.create_connection(place) as forger:
                forger.sendall(os.urandom(64))
                answer = b""
                while len(answer) < 234:
                    answer += forger.recv(4096)
                forger.sendall(os.urandom(22))  # a header that nothing can decrypt
                self.assertEqual(b"", rest_of(forger, 5))


if __name__ == "__main__":
    ClientOfOthers.program = client_program()
    unittest.main(verbosity=2)
