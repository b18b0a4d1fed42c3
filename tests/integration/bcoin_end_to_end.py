#!/usr/bin/env python3
"""A full node that we did not write (bcoin from npm, regtest, in memory) gives the work and judges the
blocks: a miner that hashes finds shares and blocks with hundreds of transactions, the node accepts them, and
all stands in PostgreSQL."""

import base64
import json
import os
import shutil
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

import regtest_coins
from world import Hashyard, eventually, free_port

HERE = os.path.dirname(os.path.abspath(__file__))
TRANSACTIONS = 400


def node_programs():
    """The folder with bcoin's node_modules, installed once per build folder. Exit code 77: skipped."""
    folder = os.path.join(os.environ.get("HASHYARD_BUILD", "/tmp"), "bcoin")
    lock = os.path.join(HERE, "bcoin", "package-lock.json")
    done = os.path.join(folder, "installed")
    with open(lock) as file:
        wanted = file.read()
    if os.path.exists(done) and open(done).read() == wanted:
        return folder
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, "bcoin", name), folder)
    try:
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        print(getattr(error, "stderr", "") or error)
        print("skipped: bcoin cannot be installed with npm here")
        sys.exit(77)
    with open(done, "w") as file:
        file.write(wanted)
    return folder


class BcoinNode:
    KEY = "integration"

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://x:{self.KEY}@127.0.0.1:{self.port}"
        command = ["node", os.path.join(HERE, "bcoin", "regtest_node.js"), str(self.port), self.KEY]
        # Its native parts are not built: nothing but npm is needed.
        environment = {**os.environ, "NODE_BACKEND": "js"}
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)

    def rpc(self, method, *params):
        secret = base64.b64encode(f"x:{self.KEY}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                reply = json.load(answer)
        except urllib.error.HTTPError as error:
            reply = json.load(error)
        if reply.get("error"):
            raise ValueError(f"{method}: {reply['error']}")
        return reply["result"]

    def prepare(self, transactions):
        """Past the height where segwit is active and coins are ripe; then transactions wait in the pool."""
        eventually("bcoin", lambda: self.rpc("getblockcount") == 0)
        address = regtest_coins.address("rb")
        hashes = [h for _ in range(11) for h in self.rpc("generatetoaddress", 50, address)]
        coinbase = self.rpc("getblock", hashes[0], True, True)["tx"][0]
        sats = round(coinbase["vout"][0]["value"] * 100_000_000)
        each = (sats - 1_000_000) // transactions
        raw, txid = regtest_coins.transaction(coinbase["txid"], 0, [each] * transactions)
        self.rpc("sendrawtransaction", raw)
        self.rpc("generatetoaddress", 1, address)
        for output in range(transactions):
            self.rpc("sendrawtransaction", regtest_coins.transaction(txid, output, [each - 1000])[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


class BcoinEndToEnd(unittest.TestCase):
    def test_blocks_with_hundreds_of_transactions_are_accepted(self):
        with BcoinNode(node_programs()) as node:
            node.prepare(TRANSACTIONS)
            height = node.rpc("getblockcount")
            with Hashyard(node=node.url, difficulty="0.00000095367431640625") as server:
                print(server.cpu_miner("--shares", 5, "--worker", "one", "--duty", 0.2), end="")
                rows = server.database.rows
                eventually("shares", lambda: int(rows("select count(*) from shares")[0][0]) >= 5)
                found = eventually(
                    "a block that the node has",
                    lambda: rows(
                        "select encode(hash, 'hex'), height, coinbase_value_sats"
                        " from blocks where state = 'immature' order by height"
                    ),
                )
                eventually("a payout run", lambda: int(rows("select count(*) from payout_runs")[0][0]) >= 1)
                self.assertGreater(node.rpc("getblockcount"), height)
                sizes = []
                for digest, block_height, value in found:
                    name = bytes.fromhex(digest)[::-1].hex()
                    block = node.rpc("getblock", name, True, False)
                    self.assertEqual(int(block_height), block["height"])
                    self.assertGreaterEqual(block["confirmations"], 1)
                    sizes.append(len(block["tx"]))
                self.assertGreaterEqual(
                    max(sizes), TRANSACTIONS, "the waiting transactions are in a block of ours"
                )
                paid = rows("select sum(amount) from payout_lines")[0][0]
                print(
                    f"blocks {len(found)}, largest with {max(sizes)} transactions, credited {paid} sats",
                    flush=True,
                )


if __name__ == "__main__":
    unittest.main(verbosity=2)
