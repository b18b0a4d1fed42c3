"""Ports of the real program: V2, and all protocols on one, with what stands before them."""

import json
import os
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from world import ROOT, Hashyard, Miner, eventually, free_port

PROXY = "PROXY TCP4 192.0.2.7 192.0.2.1 4000 3336\r\n"


def listener(port, protocol, more=""):
    return f'[[stratum]]\naddress = "127.0.0.1"\nport = {port}\nprotocol = "{protocol}"\n{more}'


class Ports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.certificate = os.path.join(cls.folder.name, "tls.pem")
        cls.key = os.path.join(cls.folder.name, "tls-key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
            + ["-nodes", "-keyout", cls.key, "-out", cls.certificate, "-days", "2", "-subj", "/CN=pool"],
            check=True,
            capture_output=True,
        )
        cls.v2, cls.any, cls.proxied = free_port(), free_port(), free_port()
        cls.server = Hashyard(
            more_config=listener(cls.v2, "v2")
            + listener(cls.any, "auto")
            + listener(cls.proxied, "auto", 'proxy_trusted = ["127.0.0.0/8"]\n')
        )
        with open(cls.server.config) as file:
            text = file.read()
        with open(cls.server.config, "w") as file:
            names = f'tls_certificate = "{cls.certificate}"\ntls_key = "{cls.key}"\n'
            file.write(text.replace("[pool]\n", "[pool]\n" + names))
        cls.server.__enter__()
        # Silent from the beginning, looked at in the end.
        cls.silent_since = time.monotonic()
        cls.silent = [socket.create_connection(("127.0.0.1", port)) for port in (cls.v2, cls.any, cls.v2)]
        cls.silent[2].sendall(b"\x80" * 64)  # act 1, and then nothing

    @classmethod
    def tearDownClass(cls):
        for one in cls.silent:
            one.close()
        cls.server.__exit__(None, None, None)
        cls.folder.cleanup()

    def listeners(self):
        return {one["port"]: one for one in json.loads(self.server.get("/api/v1/pool"))["listeners"]}

    def hello(self, port, *first):
        done = subprocess.run(
            [self.server.program("hashyard-v2-hello"), str(port), self.authority(), *first],
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def authority(self):
        return self.listeners()[self.v2]["authority"]

    def test_v2_on_its_port_and_on_one_for_all(self):
        wanted = {"version": 2, "request": 7, "extensions": 1}
        self.assertEqual(self.hello(self.v2), wanted)
        self.assertEqual(self.hello(self.any), wanted)
        self.assertEqual(self.hello(self.proxied), wanted)
        self.assertEqual(self.hello(self.proxied, PROXY), wanted)

    def test_v1_and_v1_over_tls_on_the_port_for_all(self):
        plain = Miner(self.any)
        self.assertTrue(plain.login()[1]["result"])
        plain.close()
        proxied = Miner(self.proxied)
        proxied.send(PROXY)
        self.assertTrue(proxied.login()[1]["result"])
        proxied.close()
        secret = Miner(self.any)
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        secret.socket = context.wrap_socket(secret.socket)
        self.assertTrue(secret.login()[1]["result"])
        secret.close()

    def test_the_pages_and_metrics_tell_of_it(self):
        ports = self.listeners()
        key = self.authority()
        self.assertEqual(len(key), 51)
        self.assertEqual(ports[self.v2]["url"], f"stratum2+tcp://127.0.0.1:{self.v2}/{key}")
        self.assertEqual(ports[self.any]["url"], f"stratum2+tcp://127.0.0.1:{self.any}/{key}")
        self.assertEqual(ports[self.any]["protocol"], "stratum_auto")
        plain = ports[self.server.stratum_port]
        self.assertEqual(plain["url"], f"stratum+tcp://127.0.0.1:{self.server.stratum_port}")
        self.assertIsNone(plain["authority"])
        self.hello(self.v2)
        self.assertGreaterEqual(self.server.metric("hashyard_handshakes_total"), 1)
        left = self.server.metric("hashyard_certificate_left_seconds")
        self.assertTrue(12 * 3600 <= left <= 24 * 3600, left)
        self.assertIsNotNone(self.server.metric("hashyard_channels"))

    def test_v1_text_on_the_v2_port_is_told_where_it_is(self):
        lost = Miner(self.v2)
        lost.say({"id": 1, "method": "mining.subscribe", "params": ["integration/1"]})
        self.assertIn("Only Stratum V2 here", lost.line()["error"][1])
        self.assertTrue(lost.is_closed())
        lost.close()
        self.assertGreaterEqual(self.server.metric("hashyard_handshakes_failed_total"), 1)

    def test_who_says_nothing_is_sent_away_after_ten_seconds(self):
        for one in self.silent:
            one.settimeout(30)
        self.assertEqual([one.recv(1) for one in self.silent[:2]], [b"", b""])
        act2 = b""
        while part := self.silent[2].recv(1000):
            act2 += part
        self.assertEqual(len(act2), 234)
        self.assertGreaterEqual(time.monotonic() - self.silent_since, 9.5)
        # Who is silent on the port for all has said no protocol.
        counted = 'hashyard_handshakes_failed_total{reason="timeout"} 1\n'
        eventually("the count of it", lambda: counted in self.server.get("/metrics"))


class Certificates(unittest.TestCase):
    """Keys from files, as an operator makes them."""

    def test_a_certificate_signed_elsewhere_is_shown_and_another_keys_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            names = {name: os.path.join(folder, name) for name in ("authority", "server", "certificate")}
            build = os.environ.get("HASHYARD_BUILD") or os.path.join(ROOT, "build", "dev")
            program = [os.path.join(build, "bin", "hashyard"), "authority"]

            def run(*arguments):
                return subprocess.run(
                    program + list(arguments), check=True, capture_output=True, text=True
                ).stdout.strip()

            authority = run("new", names["authority"])
            run("new", "--server", names["server"])
            run("sign", names["certificate"], "--authority", names["authority"], "--key", names["server"])
            v2 = free_port()
            section = (
                f'[stratum_v2]\ncertificate_file = "{names["certificate"]}"\n'
                f'server_key_file = "{names["server"]}"\nauthority_public_key = "{authority}"\n'
            )
            with Hashyard(more_config=section + listener(v2, "v2")) as running:
                ports = json.loads(running.get("/api/v1/pool"))["listeners"]
                self.assertEqual([one["authority"] for one in ports], [None, authority])
                done = subprocess.run(
                    [running.program("hashyard-v2-hello"), str(v2), authority],
                    capture_output=True,
                    timeout=60,
                )
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertFalse(os.path.exists(os.path.join(running.data, "stratum-v2-authority-key")))
            os.remove(names["server"])
            run("new", "--server", names["server"])
            refused = Hashyard(more_config=section + listener(v2, "v2"))
            done = subprocess.run(
                [refused.program("hashyard"), "serve", "--config", refused.config, "--data", refused.data],
                capture_output=True,
                text=True,
                timeout=60,
            )
            refused._end_database()
            self.assertEqual(done.returncode, 1)
            self.assertIn(names["certificate"], done.stderr)
            self.assertIn("is for another server key", done.stderr)
            self.assertIn("hashyard authority sign", done.stderr)


if __name__ == "__main__":
    unittest.main()
