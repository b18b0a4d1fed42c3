"""A whole Hashyard in a temporary folder: the program, its own PostgreSQL, and how to ask both.
Used by the integration tests and by tests/bench/run. Python's standard library only; loopback only."""

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from sanitizer import first_report

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# A regtest address whose coins anyone can spend.
USER = "bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85"
EASIEST = "0.00000000023283064365386963"  # difficulty 2^-32
EASIEST_NBITS = 0x207FFFFF  # every second hash is a block


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what, check, seconds=30.0, step=0.1):
    """Waits until check() gives something true and returns it; fails naming `what` when it never does."""
    until = time.monotonic() + seconds
    problem = None
    while time.monotonic() < until:
        try:
            value = check()
            if value:
                return value
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            problem = error
        time.sleep(step)
    raise AssertionError(f"never came: {what}" + (f" ({problem})" if problem else ""))


class Database:
    """The embedded cluster under data/postgresql, asked with psql over its socket."""

    def __init__(self, data):
        self.cluster = os.path.join(data, "postgresql", "data")

    def postmaster(self):
        with open(os.path.join(self.cluster, "postmaster.pid")) as file:
            lines = file.read().split("\n")
        return int(lines[0]), lines[4]

    def rows(self, sql):
        _, folder = self.postmaster()
        done = subprocess.run(
            ["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p", "5432"]
            + ["-U", "hashyard", "-d", "hashyard", "-c", sql],
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def value(self, sql):
        return self.rows(sql)[0][0]

    def count(self, sql):
        return int(self.value(sql))

    def freeze(self):
        """Stops every process of the cluster in its tracks: a database that neither answers nor refuses."""
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGCONT)

    def processes(self):
        first, _ = self.postmaster()
        found = [first]
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == first:
                        found.append(int(entry))
            except (OSError, ValueError, IndexError):
                continue
        return found


class Hashyard:
    """One server. `with Hashyard(build=…) as server:` starts it and takes it away again."""

    def __init__(
        self,
        build=None,
        data=None,
        node="",
        node_zmq="",
        transactions=12,
        nbits=EASIEST_NBITS,
        difficulty=EASIEST,
        database_url="",
        more_config="",
        roles=(),
        arguments=(),
    ):
        self.build = build or os.environ.get("HASHYARD_BUILD") or os.path.join(ROOT, "build", "dev")
        self.own_folder = data is None
        self.folder = data or tempfile.mkdtemp(
            prefix="hashyard-test-", dir=os.environ.get("HASHYARD_TEST_DIR")
        )
        os.chmod(self.folder, 0o755)  # the database runs as another user when we are root
        self.data = os.path.join(self.folder, "data")
        self.stratum_port, self.http_port = free_port(), free_port()
        self.arguments = [str(one) for one in arguments]
        self.database = Database(self.data)
        self.config = os.path.join(self.folder, "hashyard.toml")
        self.log_path = os.path.join(self.folder, "hashyard.log")
        self.process = None
        self.roles = list(roles)  # none given: all
        with open(self.config, "w") as file:
            file.write(
                self._config(node, node_zmq, transactions, nbits, difficulty, database_url) + more_config
            )

    def _config(self, node, node_zmq, transactions, nbits, difficulty, database_url):
        lines = [
            "[general]",
            'log_level = "info"',
            "[http]",
            'address = "127.0.0.1"',
            f"port = {self.http_port}",
            "[[stratum]]",
            'address = "127.0.0.1"',
            f"port = {self.stratum_port}",
            f'difficulty_start = "{difficulty}"',
            f'difficulty_min = "{EASIEST}"',
            "[pool]",
            "variable_difficulty = false",
        ]
        if node:
            parts = urllib.parse.urlparse(node)
            secret = os.path.join(self.folder, "rpc_password")
            with open(secret, "w") as file:
                file.write(parts.password or "")
            lines += [
                'network = "regtest"',
                f'payout_address = "{USER}"',
                "[[node]]",
                f'rpc_url = "http://{parts.hostname}:{parts.port}"',
                f'rpc_user = "{parts.username}"',
                f'rpc_password_file = "{secret}"',
            ]
            if node_zmq:
                lines.append(f'zmq_hashblock = "{node_zmq}"')
        else:
            lines += [
                "[templates]",
                f"development_transactions = {transactions}",
                f'development_nbits = "{nbits:08x}"',
            ]
        if database_url:
            lines += ["[database]", f'url = "{database_url}"']
        return "\n".join(lines) + "\n"

    def program(self, name):
        return os.path.join(self.build, "bin", name)

    def start(self):
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            [self.program("hashyard"), "serve", "--config", self.config, "--data", self.data]
            + [word for role in self.roles for word in ("--role", role)]
            + self.arguments,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        try:
            eventually("a server that is up", self._ready, 90)
        except AssertionError:
            sys.stderr.write(self.tail())
            raise
        return self

    def _ready(self):
        """Work flows. Before it does, the pool hangs up on miners so that they try their next pool."""
        if self.process.poll() is not None:
            raise AssertionError(f"hashyard ended with {self.process.returncode}:\n{self.tail()}")
        if self.roles and "pool" not in self.roles:
            return self.ask("/healthz")[0] != 0
        miner = Miner(self.stratum_port, 2)
        try:
            subscribed, _ = miner.login()
            while subscribed:
                line = miner.line()
                if line is None or line.get("method") == "mining.notify":
                    return line is not None
        finally:
            miner.close()
        return False

    @property
    def pid(self):
        return self.process.pid

    def stop(self, seconds=60):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(seconds)
        return self.process.returncode if self.process else None

    def kill(self, frozen_for=0):
        self.process.send_signal(signal.SIGSTOP if frozen_for else 0)
        time.sleep(frozen_for)
        self.process.kill()
        self.process.wait()

    def tail(self, lines=30):
        with open(self.log_path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=10) as answer:
            return answer.read().decode()

    def ask(self, path):
        """Status and JSON, whatever the status."""
        try:
            return 200, json.loads(self.get(path))
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def metric(self, name):
        """Sum over all labels."""
        total, seen = 0.0, False
        for line in self.get("/metrics").splitlines():
            if re.match(rf"{name}(\{{|\s)", line):
                total, seen = total + float(line.rpartition(" ")[2]), True
        return total if seen else None

    def generator(self, mode, *arguments, user=USER, wait=True, port=None):
        command = [
            self.program("hashyard-load-generator"),
            mode,
            "--port",
            str(port or self.stratum_port),
            "--user",
            user,
            "--server",
            "hashyard",
            "--server-pid",
            str(self.pid),
            *map(str, arguments),
        ]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if not wait:
            return process
        out, error = process.communicate(timeout=300)
        if process.returncode != 0:
            raise AssertionError(f"load generator: {out}{error}")
        return json.loads(out)

    def cpu_miner(self, *arguments, user=USER, seconds=60):
        done = subprocess.run(
            [
                self.program("hashyard-cpu-miner"),
                "--url",
                f"127.0.0.1:{self.stratum_port}",
                "--user",
                user,
                "--seconds",
                str(seconds),
                "--quiet",
                *map(str, arguments),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
        )
        return done.stdout + done.stderr

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def __exit__(self, kind, *_):
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            if kind is None:
                raise AssertionError("hashyard did not stop within a minute")
        finally:
            self._end_database()
            report = first_report(self.log_path)
            if kind is not None:
                sys.stderr.write(f"--- end of {self.log_path}:\n{self.tail()}")
            if self.own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)
        if report and kind is None:
            raise AssertionError(f"a sanitizer reported on the server:\n{report}")

    def _end_database(self):
        """A database that its killed server left behind."""
        try:
            first, _ = self.database.postmaster()
            os.kill(first, signal.SIGQUIT)
            eventually("the end of the database", lambda: not os.path.exists(f"/proc/{first}"), 30)
        except (OSError, ValueError, IndexError):
            pass


class Miner:
    """A raw Stratum V1 client for tests that say odd things. Each comes from an address of its own,
    because the pool bans addresses that send rubbish."""

    addresses = itertools.count(0)

    def __init__(self, port, timeout=10.0):
        number = next(Miner.addresses)
        source = f"127.{10 + number // 62500 % 100}.{number // 250 % 250}.{1 + number % 250}"
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=timeout, source_address=(source, 0)
        )
        self.input = b""

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def say(self, message):
        self.send(json.dumps(message) + "\n")

    def line(self):
        """The next line as JSON; None when the server has closed."""
        while b"\n" not in self.input:
            try:
                part = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not part:
                return None
            self.input += part
        line, self.input = self.input.split(b"\n", 1)
        return json.loads(line)

    def answer(self, number):
        """The answer with this id; notifications are passed over."""
        while True:
            line = self.line()
            if line is None or line.get("id") == number and "method" not in line:
                return line

    def ask(self, number, method, params):
        self.say({"id": number, "method": method, "params": params})
        return self.answer(number)

    def login(self, user=USER, worker="w", password="x"):
        subscribed = self.ask(1, "mining.subscribe", ["integration/1"])
        authorized = self.ask(2, "mining.authorize", [f"{user}.{worker}", password])
        return subscribed, authorized

    def is_closed(self, seconds=10.0):
        self.socket.settimeout(seconds)
        try:
            while True:
                part = self.socket.recv(65536)
                if not part:
                    return True
                self.input += part
        except ConnectionResetError:
            return True
        except (socket.timeout, TimeoutError):
            return False

    def close(self):
        self.socket.close()
