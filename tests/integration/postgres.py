"""A PostgreSQL of the test's own, which it may stop and start as it likes. Unix socket only."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile


class OwnPostgres:
    def __init__(self):
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))[
            -1
        ]
        self.folder = tempfile.mkdtemp(prefix="hashyard-pg-")
        self.data = os.path.join(self.folder, "data")
        self.account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        os.chmod(self.folder, 0o755)
        self.url = f"postgresql://hashyard@/hashyard?host={self.folder}"

    def _run(self, *command):
        as_user = (
            {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
            if self.account
            else {}
        )
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, timeout=120, **as_user
        )

    def __enter__(self):
        try:
            self._run(
                f"{self.programs}/initdb",
                "-D",
                self.data,
                "-A",
                "trust",
                "-U",
                "hashyard",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            )
            self.start()
            self._run(f"{self.programs}/createdb", "-h", self.folder, "-U", "hashyard", "hashyard")
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        self._run(
            f"{self.programs}/pg_ctl",
            "-D",
            self.data,
            "-w",
            "-s",
            "-l",
            f"{self.folder}/log",
            "-o",
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'",
            "start",
        )

    def stop(self):
        self._run(f"{self.programs}/pg_ctl", "-D", self.data, "-w", "-s", "-m", "fast", "stop")

    def rows(self, sql):
        done = subprocess.run(
            ["psql", "-X", "-q", "-At", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", sql],
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def __exit__(self, *_):
        try:
            if os.path.exists(os.path.join(self.data, "postmaster.pid")):
                self.stop()
        except (OSError, subprocess.SubprocessError):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)
