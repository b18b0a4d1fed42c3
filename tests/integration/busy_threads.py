#!/usr/bin/env python3
"""Every thread of a server at work beside the others: three shards, pages that are asked for, miners that
come and go. What it is for shows in preset tsan, where the world fails on a report."""

import threading
import unittest

from world import Hashyard, Miner, eventually

LOAD = ["--connections", 30, "--seconds", 10, "--rate-max", 600, "--in-flight", 8]
PAGES = ["/", "/api/v1/pool", "/metrics", "/healthz"]


class ThreeShards(Hashyard):
    def _config(self, *arguments):
        return super()._config(*arguments).replace("[pool]\n", "[pool]\nshards = 3\n")


class BusyThreads(unittest.TestCase):
    def test_three_shards_pages_and_coming_and_going(self):
        with ThreeShards() as server:
            load = server.generator("fault", *LOAD, wait=False)
            failures = []
            helpers = [
                threading.Thread(target=self.beside, args=(load, work, failures))
                for work in (lambda: self.ask_pages(server), lambda: self.come_and_go(server))
            ]
            for helper in helpers:
                helper.start()
            out, error = load.communicate(timeout=120)
            for helper in helpers:
                helper.join()
            self.assertEqual(0, load.returncode, out + error)
            self.assertEqual([], failures)
            accepted = server.metric("hashyard_shares_accepted_total")
            self.assertGreater(accepted, 500)
            eventually("the shares", lambda: server.database.count("select count(*) from shares") == accepted)

    @staticmethod
    def beside(load, work, failures):
        while load.poll() is None and not failures:
            try:
                work()
            except Exception as error:  # told by the test's own thread
                failures.append(error)

    @staticmethod
    def ask_pages(server):
        for page in PAGES:
            server.get(page)

    @staticmethod
    def come_and_go(server):
        miner = Miner(server.stratum_port)
        try:
            if miner.login()[1] is None:
                raise OSError("a miner was hung up on")
        finally:
            miner.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
