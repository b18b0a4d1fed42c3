#!/usr/bin/env python3
"""A database that is there and does not answer: no thread waits for it for ever, pages say what is wrong,
shares are counted all the same. And a process that only shows pages, whose health is that of its database."""

import subprocess
import time
import unittest

from postgres import OwnPostgres
from world import Database, Hashyard, eventually


class HungDatabase(unittest.TestCase):
    def page(self, server, status, kind=None):
        def check():
            got, body = server.ask("/api/v1/blocks")
            return got == status and (kind is None or body["type"].endswith(":" + kind))

        return check

    def test_a_frozen_database_costs_pages_but_no_share_and_no_stop(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url) as server:
            eventually("a page", self.page(server, 200))
            processes = Database(server.data)
            processes.cluster = postgres.data
            processes.freeze()
            try:
                for _ in range(3):  # more than there are threads for it
                    self.assertEqual(503, server.ask("/api/v1/blocks")[0])
                told = server.generator("fault", "--seconds", 2, "--connections", 4, "--rate-max", 200)
                self.assertGreater(told["accepted"], 50)
                begun = time.monotonic()
                self.assertEqual(0, server.stop(60))
                print(f"stopped after {time.monotonic() - begun:.0f} s", flush=True)
            finally:
                processes.thaw()
            server.start()
            stored = lambda: int(postgres.rows("select count(*) from shares")[0][0])
            eventually("every share", lambda: stored() == told["accepted"])
            eventually("a page", self.page(server, 200))

    def test_a_lock_costs_a_page_its_time_limit_and_the_importer_nothing(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url) as server:
            eventually("a page", self.page(server, 200))
            # In one session: the import's lock limit (10 s) passes once meanwhile.
            holder = subprocess.Popen(
                ["psql", "-X", "-q", "-d", postgres.url]
                + ["-c", "begin; lock table blocks, shares, share_positions; select pg_sleep(13); commit"],
                stdout=subprocess.DEVNULL,
            )
            eventually("503 for what is locked", self.page(server, 503, "database_too_slow"), 10)
            told = server.generator("fault", "--seconds", 2, "--connections", 4, "--rate-max", 200)
            self.assertGreater(told["accepted"], 50)
            eventually("a warning of the importer", lambda: "lock timeout" in server.tail(200), 20)
            holder.wait(60)
            stored = lambda: int(postgres.rows("select count(*) from shares")[0][0])
            eventually("every share", lambda: stored() == told["accepted"], 30)
            eventually("a page", self.page(server, 200))

    def test_without_a_pool_health_is_that_of_the_database(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url, roles=["web"]) as server:
            eventually("health", lambda: server.ask("/healthz")[0] == 200)
            self.assertEqual({"status": "ok", "database": "available"}, server.ask("/healthz")[1])
            postgres.stop()
            eventually("ill health", lambda: server.ask("/healthz")[0] == 503)
            self.assertEqual({"status": "failing", "database": "away"}, server.ask("/healthz")[1])
            postgres.start()
            eventually("health again", lambda: server.ask("/healthz")[0] == 200)
            self.assertNotIn("mine:", server.tail(200))


if __name__ == "__main__":
    unittest.main(verbosity=2)
