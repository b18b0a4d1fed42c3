#!/usr/bin/env python3
"""What a hostile, broken or half-gone client sends over a real socket. The server stays up, says clearly
what was wrong where the client can still be told, and a miner beside it notices nothing."""

import socket
import struct
import time
import unittest

from world import EASIEST, USER, Hashyard, Miner


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Hashyard(nbits=0x1D07FFFF).__enter__()  # no submission here is a block
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        # The witness mines all the while.
        cls.witness = cls.server.generator(
            "fault", "--seconds", 60, "--connections", 4, "--rate-max", 100, wait=False
        )

    @classmethod
    def tearDownClass(cls):
        cls.witness.terminate()
        cls.witness.communicate()

    def setUp(self):
        self.miner = Miner(self.server.stratum_port)
        self.addCleanup(self.miner.close)

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), f"hashyard ended:\n{self.server.tail()}")
        self.assertIsNone(self.witness.poll(), "the miner beside it ended")
        fresh = Miner(self.server.stratum_port)
        subscribed, authorized = fresh.login()
        self.assertEqual(8, subscribed["result"][2])
        self.assertTrue(authorized["result"], authorized)
        fresh.close()

    def test_a_line_without_end_is_cut(self):
        try:
            for _ in range(64):
                self.miner.send("x" * 65536)
                time.sleep(0.001)
        except (BrokenPipeError, ConnectionResetError):
            return
        self.assertTrue(self.miner.is_closed())

    def test_a_long_line_after_login_is_cut(self):
        self.miner.login()
        try:
            self.miner.send('{"id":3,"method":"mining.submit","params":["' + "a" * 200_000)
        except (BrokenPipeError, ConnectionResetError):
            return
        self.assertTrue(self.miner.is_closed())

    def test_not_json(self):
        self.miner.send("hello, is this the pool?\n")
        self.assertEqual((None, 20), (lambda line: (line["id"], line["error"][0]))(self.miner.line()))
        self.miner.send("still not\n" * 1000)
        self.assertTrue(self.miner.is_closed())

    def test_not_json_after_login(self):
        self.miner.login()
        self.miner.send("{]\n")
        self.assertEqual(20, self.miner.answer(None)["error"][0])
        self.assertTrue(
            self.miner.ask(9, "mining.extranonce.subscribe", [])["result"], "one slip ends no session"
        )

    def test_deep_json(self):
        for depth in (100, 3900):
            self.miner.send(
                '{"id":1,"method":"mining.subscribe","params":' + "[" * depth + "]" * depth + "}\n"
            )
            line = self.miner.line()
            self.assertIn("deep", line["error"][1])

    def test_wrong_types_are_answered(self):
        wrong = [
            {"id": 11, "method": "mining.subscribe", "params": 7},
            {"id": 12, "method": "mining.authorize", "params": [1, 2]},
            {"id": 13, "method": "mining.authorize", "params": []},
            {"id": 14, "method": "mining.submit", "params": [None, None, None, None, None]},
            {"id": 15, "method": "mining.submit", "params": "no"},
            {"id": 16, "method": 5, "params": []},
            {"id": 17, "method": "mining.configure", "params": [["version-rolling"], []]},
        ]
        refused = 0
        for message in wrong:
            miner = Miner(self.server.stratum_port)
            miner.say(message)
            line = miner.line()
            self.assertIn("error", line, message)
            refused += line["error"] is not None
            miner.close()
        self.assertEqual(
            5,
            refused,
            "a subscribe and a configure without sense are taken as plain ones, the rest is refused",
        )

    def submit_table(self):
        """What a logged-in miner gets for each odd field of a submission."""
        subscribed, _ = self.miner.login(password=f"d={EASIEST}")
        self.assertEqual(8, subscribed["result"][2])
        while True:
            line = self.miner.line()
            if line.get("method") == "mining.notify":
                return line["params"]

    def test_submissions_with_odd_fields(self):
        job = self.submit_table()
        name, ntime = f"{USER}.w", job[7]
        table = [
            ("hex of wrong length", [name, job[0], "00", ntime, "00000000"], 20),
            ("letters that are not hex", [name, job[0], "zzzzzzzzzzzzzzzz", ntime, "00000000"], 20),
            ("unknown job", [name, "feedfacefeedface", "0" * 16, ntime, "00000000"], 21),
            (
                "foreign worker",
                ["bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080.x", job[0], "0" * 16, ntime, "00000000"],
                24,
            ),
            ("time far ahead", [name, job[0], "0" * 16, "ffffffff", "00000000"], 20),
            ("time long ago", [name, job[0], "0" * 16, "00000001", "00000000"], 20),
            ("bits without agreement", [name, job[0], "0" * 16, ntime, "00000000", "00002000"], 20),
        ]
        for number, (what, params, code) in enumerate(table, 100):
            with self.subTest(what):
                line = self.miner.ask(number, "mining.submit", params)
                self.assertIsNotNone(line, what)
                self.assertEqual(code, line["error"][0], f"{what}: {line}")
                self.assertTrue(line["error"][1], what)

    def test_the_same_share_in_capitals(self):
        job = self.submit_table()
        first = self.miner.ask(
            50, "mining.submit", [f"{USER}.w", job[0], "00000000abcdef00", job[7], "abcdef01"]
        )
        self.assertTrue(first["result"], first)
        second = self.miner.ask(
            51, "mining.submit", [f"{USER}.w", job[0], "00000000ABCDEF00", job[7].upper(), "ABCDEF01"]
        )
        self.assertEqual(22, second["error"][0], second)

    def test_a_flood_before_subscribe(self):
        line = '{"id":1,"method":"mining.submit","params":["a","b","c","d","e"]}\n'
        sent = 0
        self.miner.socket.settimeout(1)
        try:
            while sent < 20_000_000:
                self.miner.send(line * 1000)
                sent += len(line) * 1000
        except OSError:
            pass  # closed, or it reads no more because we do not read answers: both protect it
        self.assertLess(sent, 20_000_000, "it swallowed everything")

    def test_a_client_that_never_reads_is_let_go(self):
        self.miner.login()
        self.miner.socket.settimeout(1)
        try:
            for _ in range(200):
                self.miner.send('{"id":5,"method":"mining.extranonce.subscribe","params":[]}\n' * 500)
        except OSError:
            pass

    def test_half_open_sockets(self):
        sockets = []
        for _ in range(50):
            miner = Miner(self.server.stratum_port)
            miner.send('{"id":1,"method":"mining.subs')
            sockets.append(miner)
        for miner in sockets[:25]:
            miner.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            miner.close()  # RST
        for miner in sockets[25:]:
            miner.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(miner.is_closed(), "a half-closed client is kept")
            miner.close()

    def test_tls_on_the_plain_port(self):
        self.miner.send(bytes.fromhex("160301020001fc0303") + bytes(509))
        self.assertTrue(self.miner.is_closed(20))

    def test_http_on_the_stratum_port(self):
        self.miner.send("GET / HTTP/1.1\r\nHost: pool\r\n\r\n")
        self.assertTrue(self.miner.is_closed(20))

    def test_binary_noise(self):
        self.miner.send(bytes(range(256)) * 64)
        self.assertTrue(self.miner.is_closed(20))

    def test_nul_bytes_in_a_name(self):
        self.miner.ask(1, "mining.subscribe", ["x\u0000y"])
        line = self.miner.ask(2, "mining.authorize", [USER + ".a\u0000b\u202e", "x"])
        self.assertTrue(line is None or "error" in line, line)

    def test_a_name_of_another_network(self):
        self.miner.ask(1, "mining.subscribe", ["x/1"])
        line = self.miner.ask(2, "mining.authorize", ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.w", "x"])
        self.assertFalse(line["result"])
        self.assertGreater(len(line["error"][1]), 10, "a clear message")


if __name__ == "__main__":
    unittest.main(verbosity=2)
