#!/usr/bin/env python3
"""Miners that log in by a registered name, while the database that knows the names is away."""

import os
import subprocess
import unittest

from postgres import OwnPostgres
from world import USER, Hashyard, Miner, eventually


class RegisteredNames(unittest.TestCase):
    def register(self, server, name):
        subprocess.run(
            [server.program("hashyard"), "user", "add", name, USER]
            + ["--config", server.config, "--data", server.data],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    def logs_in(self, server, name):
        miner = Miner(server.stratum_port)
        try:
            _, authorized = miner.login(user=name)
            return authorized is not None and authorized.get("result") is True
        finally:
            miner.close()

    def test_names_are_known_at_a_start_without_the_database(self):
        with OwnPostgres() as postgres, Hashyard(database_url=postgres.url) as server:
            self.register(server, "alice")
            eventually("a login by name", lambda: self.logs_in(server, "alice"))
            server.stop()
            postgres.stop()

            server.start()
            self.assertTrue(self.logs_in(server, "alice"), "unknown without the database")
            self.assertFalse(self.logs_in(server, "mallory"))
            postgres.start()
            self.register(server, "bob")
            eventually("the name registered since", lambda: self.logs_in(server, "bob"))
            server.stop()
            postgres.stop()

            with open(os.path.join(server.data, "registered-names"), "r+b") as file:
                file.seek(20)
                file.write(b"#")
            server.start()
            self.assertFalse(self.logs_in(server, "alice"), "a damaged file was believed")
            self.assertIn("names_file_damaged", server.tail(200))
            postgres.start()
            eventually("the names from the database", lambda: self.logs_in(server, "alice"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
