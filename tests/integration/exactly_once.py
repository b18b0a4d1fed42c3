#!/usr/bin/env python3
"""Every share that was acknowledged stands in PostgreSQL exactly once, whatever is killed or stopped
meanwhile. The truth is the load generator's own list of what it was told, share by share, by hash."""

import os
import signal
import tempfile
import time
import unittest

from postgres import OwnPostgres
from world import Hashyard, eventually

LOAD = ["--connections", 20, "--rate-max", 1500, "--in-flight", 8]


def stored_hashes(rows):
    return [bytes.fromhex(row[0])[::-1].hex() for row in rows("select encode(hash, 'hex') from shares")]


def read_shares(path):
    """What the load generator wrote: fate by share hash (displayed order)."""
    fates = {}
    with open(path) as file:
        for line in file:
            fate, share = line.split()
            fates[share] = fate
    return fates


class ExactlyOnce(unittest.TestCase):
    def check(self, fates, rows, seconds=60):
        accepted = {share for share, fate in fates.items() if fate == "accepted"}
        self.assertGreater(len(accepted), 500, "too little was accepted to prove anything")
        eventually(
            "all acknowledged shares in PostgreSQL",
            lambda: len(accepted) <= int(rows("select count(*) from shares")[0][0])
            and accepted <= set(stored_hashes(rows)),
            seconds,
            0.5,
        )
        stored = stored_hashes(rows)
        self.assertEqual(len(stored), len(set(stored)), "a share stands in PostgreSQL twice")
        beyond = set(stored) - accepted
        # Counted but never answered: written to the journal in the moment of the kill.
        self.assertEqual([], [share for share in beyond if fates.get(share) != "unanswered"])
        positions = rows("select min(position), max(position), count(*) from shares")[0]
        self.assertEqual(["1", str(len(stored)), str(len(stored))], positions, "positions have gaps")
        print(
            f"accepted {len(accepted)}, stored {len(stored)}, of them never answered {len(beyond)}",
            flush=True,
        )

    def run_load(self, server, seconds, *more):
        shares = tempfile.NamedTemporaryFile(prefix="hashyard-shares-", suffix=".txt", delete=False)
        shares.close()
        process = server.generator(
            "fault", "--seconds", seconds, "--shares-file", shares.name, *LOAD, *more, wait=False
        )
        return process, shares.name

    def finish_load(self, process, path, seconds=60):
        out, error = process.communicate(timeout=seconds)
        self.assertEqual(0, process.returncode, out + error)
        print(out.strip(), flush=True)
        fates = read_shares(path)
        os.unlink(path)
        return fates

    def test_server_killed_under_load(self):
        with Hashyard() as server:
            process, path = self.run_load(server, 12)
            for _ in range(3):
                time.sleep(2.5)
                # In that time 75 submissions come that nobody can answer any more.
                server.kill(frozen_for=0.05)
                server.start()
            fates = self.finish_load(process, path)
            self.assertIn("unanswered", fates.values(), "nothing was under way at any kill")
            self.check(fates, server.database.rows)

    def test_embedded_database_killed_and_frozen_under_load(self):
        with Hashyard() as server:
            process, path = self.run_load(server, 12)
            time.sleep(2.5)
            first, _ = server.database.postmaster()
            os.kill(first, signal.SIGKILL)
            time.sleep(4)
            frozen = eventually("the database again", lambda: server.database.processes())
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(3)
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
            fates = self.finish_load(process, path)
            self.assertNotIn("unanswered", fates.values(), "a stopped database must not hold up an answer")
            self.check(fates, server.database.rows)

    def test_database_stopped_and_started_under_load(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url) as server:
            process, path = self.run_load(server, 12)
            for _ in range(2):
                time.sleep(2)
                postgres.stop()
                time.sleep(2)
                postgres.start()
            fates = self.finish_load(process, path)
            self.assertEqual({"accepted"}, set(fates.values()), "a stopped database must not cost a share")
            self.check(fates, postgres.rows)

    def test_database_away_for_the_whole_load_and_the_server_killed_too(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url) as server:
            postgres.stop()
            process, path = self.run_load(server, 8)
            time.sleep(3)
            server.kill()
            server.start()
            fates = self.finish_load(process, path)
            time.sleep(1)
            postgres.start()
            self.check(fates, postgres.rows)


if __name__ == "__main__":
    unittest.main(verbosity=2)
