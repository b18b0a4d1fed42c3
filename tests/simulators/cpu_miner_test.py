#!/usr/bin/env python3
"""The CPU miner against a pool of twenty lines that checks its shares with its own arithmetic, hangs up on
it, sends new work and refuses shares. Usage: cpu_miner_test.py PROGRAM"""

import hashlib
import json
import socket
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
PREFIX = "08000002"
DIFFICULTY = 2.0**-14
MASK = 0x1FFFE000
COINBASE = (
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2002",
    "ffffffff00",
)


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def hash_of(job, rest, ntime, nonce, bits):
    root = sha256d(bytes.fromhex(COINBASE[0] + PREFIX + rest + COINBASE[1]))
    for branch in job["branches"]:
        root = sha256d(root + bytes.fromhex(branch))
    sent = bytes.fromhex(job["previous"])
    previous = b"".join(sent[i : i + 4][::-1] for i in range(0, 32, 4))
    version = int(job["version"], 16) & ~MASK | int(bits, 16)
    head = version.to_bytes(4, "little") + previous + root
    tail = b"".join(bytes.fromhex(field)[::-1] for field in (ntime, "1d00ffff", nonce))
    return int.from_bytes(sha256d(head + tail), "little")


class FakePool:
    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20)
        self.port = self.listener.getsockname()[1]
        self.jobs = {}

    def accept(self):
        self.client, _ = self.listener.accept()
        self.client.settimeout(20)
        self.lines = self.client.makefile("r")

    def send(self, message):
        self.client.sendall(json.dumps(message).encode() + b"\n")

    def job(self, name, clean):
        job = {"previous": "4d16b6f8" * 8, "branches": [name * 32], "version": "20000000"}
        self.jobs[name] = job
        params = [
            name,
            job["previous"],
            *COINBASE,
            job["branches"],
            job["version"],
            "1d00ffff",
            "6553f100",
            clean,
        ]
        self.send({"id": None, "method": "mining.notify", "params": params})

    def next_request(self):
        return json.loads(self.lines.readline())

    def log_in(self):
        """Answers configure, subscribe and authorize; returns the user name."""
        results = {
            "mining.configure": {"version-rolling": True, "version-rolling.mask": f"{MASK:08x}"},
            "mining.subscribe": [[["mining.notify", "1"]], PREFIX, 8],
            "mining.authorize": True,
        }
        while True:
            request = self.next_request()
            self.send({"id": request["id"], "result": results[request["method"]], "error": None})
            if request["method"] == "mining.authorize":
                return request["params"][0]

    def close(self):
        self.lines.close()
        self.client.shutdown(socket.SHUT_RDWR)
        self.client.close()


class CpuMiner(unittest.TestCase):
    def setUp(self):
        self.pool = FakePool()
        self.addCleanup(self.pool.listener.close)
        command = [
            PROGRAM,
            "--url",
            f"stratum+tcp://127.0.0.1:{self.pool.port}",
            "--user",
            "somebody",
            "--worker",
            "w",
        ]
        self.miner = subprocess.Popen(
            [*command, "--shares", "6", "--seconds", "30"], stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.miner.stdout.close)
        self.addCleanup(self.miner.wait)
        self.addCleanup(self.miner.terminate)

    def take_share(self, name, accept=True):
        while True:
            request = self.pool.next_request()
            user, job, rest, ntime, nonce, bits = request["params"]
            if job == name:
                break  # what was on its way for an older job is passed over
        self.assertEqual("somebody.w", user)
        self.assertEqual(0, int(bits, 16) & ~MASK)
        value = hash_of(self.pool.jobs[job], rest, ntime, nonce, bits)
        self.assertLessEqual(value, 65535 * 2**208 / DIFFICULTY)
        refusal = [23, "Low difficulty", None]
        self.pool.send(
            {"id": request["id"], "result": accept or None, "error": None if accept else refusal}
        )
        return (rest, nonce, bits)

    def test_it_mines_changes_jobs_comes_back_and_stops(self):
        seen = []
        for _ in range(2):
            self.pool.accept()
            self.assertEqual("somebody.w", self.pool.log_in())
            self.pool.send({"id": None, "method": "mining.set_difficulty", "params": [DIFFICULTY]})
            self.pool.job("aa", True)
            seen.append(self.take_share("aa"))
            self.take_share("aa", accept=False)
            self.pool.job("bb", True)
            seen += [self.take_share("bb"), self.take_share("bb")]
            if len(seen) < 6:
                self.pool.close()
        self.assertEqual(0, self.miner.wait(20))
        self.assertIn("accepted 6, rejected 2", self.miner.stdout.read())
        self.pool.close()
        self.assertEqual(len(seen), len(set(seen)), "a share was found twice")


if __name__ == "__main__":
    unittest.main(verbosity=2)
