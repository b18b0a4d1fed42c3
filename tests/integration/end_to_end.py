#!/usr/bin/env python3
"""From an empty folder to shares, blocks and PPLNS lines in PostgreSQL, with a miner that really hashes;
then stop, start, go on."""

import json
import unittest

from world import USER, Hashyard, eventually

OTHER = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"  # BIP173's example key on regtest
SHARES_TO_BLOCK = {"nbits": 0x1F00FFFF, "difficulty": "0.00000095367431640625"}  # 2^-16 and 2^-20


class EndToEnd(unittest.TestCase):
    def test_a_first_day(self):
        with Hashyard(**SHARES_TO_BLOCK) as server:
            rows, count = server.database.rows, server.database.count
            print(server.cpu_miner("--shares", 60, "--worker", "one"), end="")
            print(server.cpu_miner("--shares", 40, "--worker", "two", user=OTHER), end="")
            eventually("the shares", lambda: count("select count(*) from shares") >= 100)
            eventually(
                "a block", lambda: count("select count(*) from blocks where state = 'immature'") >= 1
            )
            eventually("a payout run", lambda: count("select count(*) from payout_runs") >= 1)
            self.assertEqual(
                {("one", USER), ("two", OTHER)},
                {
                    tuple(r)
                    for r in rows("select w.name, u.name from workers w join users u on u.id = w.user_id")
                },
            )
            for reward, fee, paid in rows(
                "select reward, fee, (select sum(amount) from payout_lines l where l.run = r.run)"
                " from payout_runs r"
            ):
                self.assertEqual(int(reward), int(fee) + int(paid))
            before = count("select count(*) from shares")
            blocks_before = count("select count(*) from blocks")
            height = json.loads(server.get("/api/v1/pool")) and server.metric("hashyard_template_height")
            self.assertEqual(0, server.stop(), server.tail())

            server.start()
            print(server.cpu_miner("--shares", 60, "--worker", "one"), end="")
            eventually("more shares", lambda: count("select count(*) from shares") >= before + 60)
            eventually("more blocks", lambda: count("select count(*) from blocks") > blocks_before)
            self.assertEqual(2, count("select count(*) from users"))
            if height is not None:
                eventually(
                    "a chain that went on", lambda: server.metric("hashyard_template_height") > height
                )
            self.assertEqual([], rows("select hash from shares group by hash having count(*) > 1"))
            print(
                f"shares {count('select count(*) from shares')}, "
                f"blocks {count('select count(*) from blocks')}, "
                f"payout lines {count('select count(*) from payout_lines')}",
                flush=True,
            )


if __name__ == "__main__":
    unittest.main(verbosity=2)
