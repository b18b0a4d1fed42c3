#!/usr/bin/env python3
"""From a block to a confirmed payment with a real Bitcoin Core on regtest: miners find blocks, the blocks
mature, the users are paid, and the server is killed whenever a payout has made a step.
Needs HASHYARD_BITCOIND, a bitcoind with a wallet (Core 24 or newer); without it the test is skipped."""

import base64
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from decimal import Decimal

import regtest_coins
from world import Hashyard, eventually, free_port

USER_NAME, PASSWORD = "pool", "integration"
SHARES = 8  # of each user; about every second one is a block
THRESHOLD = 10_000
OPEN = "('reserved', 'built', 'fully_signed', 'broadcast', 'unknown', 'confirming')"


class Core:
    """bitcoind in a folder of its own, loopback only, without peers."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="hashyard-core-")
        self.port = free_port()
        self.url = f"http://{USER_NAME}:{PASSWORD}@127.0.0.1:{self.port}"
        command = [program, "-regtest", "-server", "-listen=0", "-fallbackfee=0.0002", "-printtoconsole=0"]
        command += [f"-datadir={self.folder}", f"-rpcport={self.port}", f"-rpcuser={USER_NAME}"]
        command += [f"-rpcpassword={PASSWORD}", "-rpcbind=127.0.0.1", "-rpcallowip=127.0.0.1"]
        self.process = subprocess.Popen(command)
        eventually("bitcoind", lambda: self.rpc("getblockcount") is not None, 60)

    def rpc(self, method, *params, wallet=None):
        secret = base64.b64encode(f"{USER_NAME}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        path = f"/wallet/{wallet}" if wallet else "/"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                reply = json.load(answer, parse_float=Decimal)
        except urllib.error.HTTPError as error:
            reply = json.load(error)
        if reply.get("error"):
            raise ValueError(f"{method}: {reply['error']}")
        return reply["result"]

    def mine(self, blocks):
        self.rpc("generatetoaddress", blocks, regtest_coins.address())

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def sats(amount):
    return int(Decimal(amount) * 100_000_000)


class PaidForABlock(unittest.TestCase):
    def setUp(self):
        self.core = Core(os.environ["HASHYARD_BITCOIND"])
        self.addCleanup(self.core.close)
        for wallet in ("pool", "people"):
            self.core.rpc("createwallet", wallet)
        self.address = {
            name: self.core.rpc("getnewaddress", name, "bech32", wallet="people") for name in ("alice", "bob")
        }
        self.core.mine(101)

    def server(self):
        payout = [
            "[payout]",
            "enabled = true",
            f'rpc_url = "http://127.0.0.1:{self.core.port}/wallet/pool"',
            f'rpc_user = "{USER_NAME}"',
            'rpc_password_file = "PASSWORD_FILE"',
            "interval_minutes = 1",
            f"threshold_sats = {THRESHOLD}",
            "settle_depth = 3",
        ]
        server = Hashyard(node=self.core.url, more_config="\n".join(payout) + "\n")
        with open(server.config) as file:
            config = file.read()
        config = config.replace("PASSWORD_FILE", os.path.join(server.folder, "rpc_password"))
        reward = self.core.rpc("getnewaddress", "rewards", "bech32", wallet="pool")
        config = "\n".join(
            f'payout_address = "{reward}"' if line.startswith("payout_address") else line
            for line in config.split("\n")
        )
        with open(server.config, "w") as file:
            file.write(config)
        return server

    def find_blocks(self, server):
        for name in self.address:
            server.cpu_miner("--threads", 1, "--shares", SHARES, user=self.address[name], seconds=30)
        database = server.database
        eventually("all shares", lambda: database.count("select count(*) from shares") >= 2 * SHARES)
        eventually("blocks of ours", lambda: database.count("select count(*) from blocks") > 0)
        self.core.mine(101)
        open_blocks = "select count(*) from blocks b left join block_postings p using (coin, hash) where "
        open_blocks += "b.state in ('submitted', 'immature') or b.state = 'mature' and p.state is distinct "
        open_blocks += "from 'mature'"
        eventually("mature rewards in the books", lambda: database.count(open_blocks) == 0, 120)

    def earned(self, database):
        return {
            name: database.count(
                "select coalesce(sum(t.amount), 0) from transfers t join accounts a on a.id = t.credit "
                "join parties p on p.id = a.party where a.purpose = 'user' and t.code = 'mature' "
                f"and p.key = 'user:{address}'"
            )
            for name, address in self.address.items()
        }

    def all_are_paid(self, database):
        batches = "select count(*) from payout_batches where state"
        waits = "select count(*) from balances b join accounts a on a.id = b.account "
        waits += f"where a.purpose = 'user' and b.credits - b.debits >= {THRESHOLD}"
        return (
            database.count(f"{batches} = 'settled'") > 0
            and database.count(f"{batches} in {OPEN}") == 0
            and database.count(waits) == 0
        )

    def prove(self, server):
        """Chain, wallet and books agree, and each was paid once what the blocks brought."""
        database = server.database
        earned = self.earned(database)
        paid = dict.fromkeys(self.address, 0)
        for entry in self.core.rpc("listtransactions", "*", 1000, wallet="people"):
            for name, address in self.address.items():
                if entry["category"] == "receive" and entry["address"] == address:
                    self.assertGreaterEqual(entry["confirmations"], 3)
                    paid[name] += sats(entry["amount"])
        left = {
            name: database.count(
                "select coalesce(sum(b.credits - b.debits), 0) from balances b join accounts a on a.id = "
                "b.account join parties p on p.id = a.party where a.purpose = 'user' "
                f"and p.key = 'user:{address}'"
            )
            for name, address in self.address.items()
        }
        for name in self.address:
            self.assertEqual(paid[name] + left[name], earned[name], name)
            self.assertLess(left[name], THRESHOLD, name)
        self.assertGreater(sum(paid.values()), 0)
        booked = database.count(
            "select coalesce(sum(b.debits - b.credits), 0) from balances b join accounts a on a.id = "
            "b.account where a.purpose = 'wallet'"
        )
        coins = self.core.rpc("listunspent", 0, wallet="pool")
        self.assertEqual(booked, sum(sats(coin["amount"]) for coin in coins))
        self.assertEqual(database.count("select count(*) from payout_freezes where cleared_at is null"), 0)
        checked = self.command(server, "books", "check")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        print(f"paid {paid}, left {left}, wallet {booked}")

    def command(self, server, *words, timeout=60):
        return subprocess.run(
            [server.program("hashyard"), *words, "--config", server.config, "--data", server.data],
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def test_the_server_is_killed_after_each_step_of_a_payout(self):
        server = self.server()
        with server:
            self.find_blocks(server)
            seen, kills = "", 0
            story = "select coalesce(string_agg(state, ' ' order by id), '') from payout_events"
            until = time.monotonic() + 400
            while True:
                self.assertLess(time.monotonic(), until, f"no end: {seen}\n{server.tail()}")
                now = server.database.value(story)
                if now != seen:
                    seen = now
                    server.kill()
                    kills += 1
                    server.start()
                if seen.endswith("confirming"):
                    self.core.mine(1)
                if self.all_are_paid(server.database):
                    break
                time.sleep(0.2)
            print(f"{kills} kills: {seen}")
            self.assertGreaterEqual(kills, 5)
            self.prove(server)

    def test_steps_of_a_payout_are_killed_at_any_moment(self):
        seed = int(os.environ.get("SEED") or random.randrange(1_000_000))
        print(f"seed {seed}")
        chance = random.Random(seed)
        server = self.server()
        with open(server.config) as file:
            config = file.read().replace("enabled = true", "enabled = false")
        with open(server.config, "w") as file:
            file.write(config)
        with server:
            self.find_blocks(server)
            kills, whole = 0, 0
            until = time.monotonic() + 400
            while not self.all_are_paid(server.database):
                self.assertLess(time.monotonic(), until, "no end")
                step = subprocess.Popen(
                    [server.program("hashyard"), "payout", "step", "--config", server.config]
                    + ["--data", server.data],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                try:
                    step.wait(chance.uniform(0.0, 0.6))
                    whole += 1
                except subprocess.TimeoutExpired:
                    step.kill()
                    step.wait()
                    kills += 1
                if chance.random() < 0.2:
                    self.core.mine(1)
            print(f"{kills} kills, {whole} whole steps")
            self.prove(server)


if __name__ == "__main__":
    if not os.environ.get("HASHYARD_BITCOIND"):
        print("skipped: set HASHYARD_BITCOIND to a bitcoind with a wallet")
        sys.exit(77)
    unittest.main(verbosity=2)
