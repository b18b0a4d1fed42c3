#!/usr/bin/env python3
"""Shares, blocks and workers that came by Stratum V2 stand in PostgreSQL as those of V1 do; after a restart
the pool has the same key."""

import unittest

from v2_world import USER, V2Hashyard, eventually

OTHER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173's example key on regtest
SHARES_TO_BLOCK = {"nbits": 0x1F00FFFF, "difficulty": "0.00000095367431640625"}  # 2^-16 and 2^-20


class V2EndToEnd(unittest.TestCase):
    def mine(self, server, *arguments, **options):
        status, told = server.v2_miner(*arguments, **options)
        print(told, end="", flush=True)
        self.assertEqual(0, status, told)
        self.assertNotIn("rejected: ", told.replace("rejected: stale-share", ""), told)

    def test_a_first_day(self):
        with V2Hashyard(**SHARES_TO_BLOCK) as server:
            rows, count = server.database.rows, server.database.count
            url = server.v2_url
            self.mine(server, "--shares", 40, "--worker", "one")
            self.mine(server, "--shares", 30, "--worker", "two", "--channel", "standard", "--channels", 3)
            self.mine(server, "--shares", 30, "--channel", "standard", "--standard-jobs", user=OTHER)
            self.mine(server, "--shares", 60, "--worker-names", "rack1,rack2,rack3", user=OTHER)
            print(server.cpu_miner("--shares", 20, "--worker", "old"), end="")
            eventually("the shares", lambda: count("select count(*) from shares") >= 180)
            eventually(
                "a block", lambda: count("select count(*) from blocks where state = 'immature'") >= 1
            )
            eventually("a payout run", lambda: count("select count(*) from payout_runs") >= 1)
            workers = rows(
                "select w.name, u.name, count(s.*) from workers w join users u on u.id = w.user_id"
                " join shares s on s.worker = w.id group by w.name, u.name"
            )
            shares = {(name, user): int(number) for name, user, number in workers}
            mined = [("one", USER), ("two", USER), ("old", USER), ("cpu", OTHER)]
            racks = [(f"rack{i}", OTHER) for i in (1, 2, 3)]
            self.assertEqual(set(mined + racks), set(shares))
            for rack in racks:
                self.assertGreaterEqual(shares[rack], 19, shares)
            for reward, fee, paid in rows(
                "select reward, fee, (select sum(amount) from payout_lines l where l.run = r.run)"
                " from payout_runs r"
            ):
                self.assertEqual(int(reward), int(fee) + int(paid))
            self.assertEqual([], rows("select hash from shares group by hash having count(*) > 1"))
            before = count("select count(*) from shares")
            self.assertEqual(0, server.stop(), server.tail())

            server.start()
            self.assertEqual(url, server.v2_url)
            self.mine(server, "--shares", 40, "--worker", "one", url=url)
            eventually("more shares", lambda: count("select count(*) from shares") >= before + 40)
            self.assertEqual([], rows("select hash from shares group by hash having count(*) > 1"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
