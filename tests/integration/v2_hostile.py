#!/usr/bin/env python3
"""Clients that break Stratum V2 in every way we know, each against a whole server (the cases stand in
v2_hostile/). The answer or the end comes in time, an honest client is served after each, and a miner beside
them all notices nothing."""

import json
import os
import subprocess
import unittest

from v2_world import ROOT, V2Hashyard

BUILD = os.environ.get("HASHYARD_BUILD") or os.path.join(ROOT, "build", "dev")
PROGRAM = os.path.join(BUILD, "bin", "hashyard-v2-hostile")
NO_BLOCKS = 0x1D07FFFF  # no submission here is a block


def cases(kind):
    listed = subprocess.run([PROGRAM, "--list", kind], capture_output=True, text=True, check=True)
    return listed.stdout.split()


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = V2Hashyard(
            build=BUILD, nbits=NO_BLOCKS, more_config="[stratum_v2]\nchannel_timeout_s = 15\n"
        ).__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.witness = cls.server.v2_generator(
            "fault", "--seconds", 30, "--connections", 4, "--channels", 2, "--rate-max", 100, wait=False
        )
        cls.addClassCleanup(cls.witness.kill)
        cls.waiting = {name: cls.server.v2_hostile(name, wait=False) for name in cases("waits")}
        for process in cls.waiting.values():
            cls.addClassCleanup(process.kill)

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), f"hashyard ended:\n{self.server.tail()}")

    def check(self, name):
        status, told = self.server.v2_hostile(name)
        self.assertEqual(0, status, told)

    def test_those_that_wait_for_a_time_limit(self):
        for name, process in self.waiting.items():
            with self.subTest(name):
                told, _ = process.communicate(timeout=120)
                self.assertEqual(0, process.returncode, told)

    def test_witness_of_them_all(self):
        told, error = self.witness.communicate(timeout=120)
        report = json.loads(told)
        print(told.strip(), flush=True)
        self.assertGreater(report["accepted"], 500, error)
        for what in ("rejected", "unanswered", "answered_twice", "connections_lost"):
            self.assertEqual(0, report[what], report)


for case in cases("plain"):
    setattr(Hostile, f"test_{case}", lambda self, name=case: self.check(name))


class HostileOnAChainThatMoves(unittest.TestCase):
    def test_cases(self):
        with V2Hashyard(build=BUILD) as server:
            for name in cases("blocks"):
                with self.subTest(name):
                    status, told = server.v2_hostile(name)
                    self.assertEqual(0, status, told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
