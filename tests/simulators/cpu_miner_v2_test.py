#!/usr/bin/env python3
"""The CPU miner in Stratum V2 against the fake server, which checks its shares with other code.
Usage: cpu_miner_v2_test.py CPU_MINER FAKE_SERVER"""

import subprocess
import sys
import unittest

FAKE_SERVER = sys.argv.pop()
PROGRAM = sys.argv.pop()


class Pool:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [FAKE_SERVER, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self.process.stdout.readline().strip()

    def end(self):
        """Its shares: (verdict, channel, worker, hash)."""
        told, _ = self.process.communicate(timeout=20)
        return [tuple(line.split()) for line in told.splitlines()]


# Ends when it has its shares; the limit is for sanitizer builds, which hash twenty times slower.
def mine(url, *options, seconds="150"):
    command = [PROGRAM, "--url", url, "--user", "somebody", "--seconds", seconds, "--quiet"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=170)
    return done.returncode, done.stdout + done.stderr


class CpuMiner(unittest.TestCase):
    def check(self, pool_options, *options, channels=("2",), workers=("-",), count="30"):
        pool = Pool(*pool_options)
        status, told = mine(pool.url, "--shares", count, *options)
        shares = pool.end()
        self.assertEqual(0, status, told)
        accepted = [share for share in shares if share[0] == "accepted"]
        self.assertGreaterEqual(len(accepted), int(count), told)
        self.assertEqual(len(accepted), len({share[3] for share in accepted}), "a share was sent twice")
        self.assertEqual(set(channels), {share[1] for share in accepted})
        self.assertEqual(set(workers), {share[2] for share in accepted})
        return told

    def test_extended(self):
        told = self.check([])
        self.assertRegex(told, r"accepted 3\d, rejected 0, [0-9.]+ MH/s over [0-9.]+ s")

    def test_standard(self):
        self.check([], "--channel", "standard")

    def test_standard_jobs_of_many_channels(self):
        self.check([], "--channel", "standard", "--channels", "3", "--standard-jobs", channels="234")

    def test_standard_channels_for_longer(self):
        """Once all version bits have been used with the first nonces."""
        options = ("--channel", "standard", "--channels", "2")
        self.check(["--target-bits", "242"], *options, channels="23", count="1200")

    def test_a_group_of_extended_channels(self):
        self.check([], "--channels", "3", channels="234")

    def test_worker_names_go_in_turn(self):
        self.check([], "--worker-names", "a,b,c", workers="abc")

    def test_names_that_the_pool_does_not_take(self):
        self.check(["--refuse-names"], "--worker-names", "a,b,c")

    def test_new_tips(self):
        self.check(["--tips"], "--channels", "2", channels="23")

    def test_no_version_rolling(self):
        self.check([], "--no-version-rolling")

    def test_a_key_of_somebody_else(self):
        pool, other = Pool(), Pool()
        self.addCleanup(pool.process.stdout.close)
        self.addCleanup(other.process.stdout.close)
        key = other.url.rpartition("/")[2]
        status, told = mine(f"{pool.url.rpartition('/')[0]}/{key}", seconds="1")
        self.assertEqual(1, status)
        self.assertIn("certificate does not hold", told)
        self.assertEqual([], pool.end() + other.end())
        status, told = mine("stratum2+tcp://127.0.0.1:9/notakey")
        self.assertEqual(2, status)
        self.assertIn("the authority key in the URL", told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
