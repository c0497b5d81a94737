#!/usr/bin/env python3
"""What end-to-end.sh starts: `serve` echoes, in the far namespace; `measure` takes the figures, in the near one."""
import asyncio
import json
import math
import os
import resource
import shlex
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SECONDS, RUNS = int(os.environ.get("SECONDS_EACH", 10)), int(os.environ.get("RUNS", 3))
IDLE = int(os.environ.get("IDLE", 10000))
MESSAGE = bytes(64)


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def serve(host, port):
    server = await asyncio.get_running_loop().create_server(Echo, host, int(port), backlog=1024)
    await server.serve_forever()


class Contender:
    """The kernel, with the process of its wireguard-go, or a forwarder, with the command that starts it."""

    def __init__(self, line, far, state):
        self.name, self.host, iperf, echo, pid, self.command = line.split("\t")
        self.iperf, self.echo, self.pid = int(iperf), int(echo), int(pid or 0)
        self.far, self.log, self.process, self.took = far, Path(state, f"{self.name}.log"), None, ()

    def start(self):
        """Anew, unless it is the kernel."""
        self.stop()
        if self.command:
            with self.log.open("wb") as log:
                begin = time.perf_counter()
                self.process = subprocess.Popen(shlex.split(self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.pid = self.process.pid
            for port in self.echo, self.iperf:
                self.retry(lambda: socket.create_connection((self.host, port)).close())
            self.took = ((time.perf_counter() - begin) * 1e3,)
        # a handshake is made here at the latest, and in no other figure
        begin = time.perf_counter()
        self.retry(lambda: exchange(self.connect(1)))
        self.took += ((time.perf_counter() - begin) * 1e3,) if self.took else ()

    def retry(self, action):
        deadline = time.perf_counter() + 15
        while True:
            try:
                return action()
            except OSError:
                if time.perf_counter() > deadline or self.process and self.process.poll() is not None:
                    raise
                time.sleep(0.001)

    def connect(self, timeout):
        connection = socket.create_connection((self.host, self.echo), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process = None

    def family(self, file):
        """What a file in /proc says of its process, and of all that descend from it."""
        if self.process and self.process.poll() is not None:
            raise ProcessLookupError(f"it has ended, with {self.process.returncode}")
        pids = [self.pid]
        for pid in pids:
            for thread in os.listdir(f"/proc/{pid}/task"):
                pids += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
        return [Path(f"/proc/{pid}/{file}").read_text().rsplit(")", 1)[-1].split() for pid in pids]

    def cpu(self):
        """Seconds of user and system time, those of children that have ended with them."""
        return sum(int(ticks) for fields in self.family("stat") for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident megabytes."""
        return sum(int(fields[1]) for fields in self.family("statm")) * os.sysconf("SC_PAGE_SIZE") / 1e6


def exchange(connection):
    connection.sendall(MESSAGE)
    if connection.recv(len(MESSAGE), socket.MSG_WAITALL) != MESSAGE:
        raise ConnectionError("closed before all was back")


def flows(contender, count, *options):
    """Mbit/s of data that arrived, and seconds of processor time a GB."""
    with subprocess.Popen(["ip", "netns", "exec", contender.far, "iperf3", "--server", "--one-off", "--forceflush"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            while "listening" not in (line := server.stdout.readline()):
                if not line:
                    raise ConnectionError("the server of iperf3 does not start")
            before = contender.cpu()
            client = subprocess.run(
                ["iperf3", "--client", contender.host, "--port", str(contender.iperf), "--time", str(SECONDS), "--json",
                 "--congestion", "cubic", "--parallel", str(count), *options], capture_output=True, text=True, timeout=SECONDS + 20)
            spent = contender.cpu() - before
        finally:
            server.kill()
    result = json.loads(client.stdout)
    if "error" in result:
        raise ConnectionError(result["error"])
    received = result["end"]["sum_received"]
    return received["bits_per_second"] / 1e6, spent / (received["bytes"] / 1e9)


def pingpong(contender):
    """Microseconds of a round trip: the median, and what one of a hundred exceeds."""
    with contender.connect(10) as connection:
        for _ in range(100):
            exchange(connection)
        times, now = [], time.perf_counter()
        end = now + SECONDS
        while now < end:
            exchange(connection)
            times.append(-now + (now := time.perf_counter()))
    times.sort()
    return times[len(times) // 2] * 1e6, times[len(times) * 99 // 100] * 1e6


def connections(contender, count):
    """How many a second, and microseconds of processor time for each: connect, 64 bytes to and fro, close."""
    before, begin = contender.cpu(), time.perf_counter()

    def one_by_one(_):
        done = 0
        while time.perf_counter() < begin + SECONDS:
            with contender.connect(10) as connection:
                exchange(connection)
            done += 1
        return done

    with ThreadPoolExecutor(count) as threads:
        done = sum(threads.map(one_by_one, range(count)))
    return done / (time.perf_counter() - begin), (contender.cpu() - before) / done * 1e6


def idle(contender):
    """Megabytes beyond what none takes, and seconds of processor time in 5 s, of connections that have carried 64 bytes."""
    before = contender.memory()
    open_now = []
    try:
        for _ in range(IDLE):
            open_now.append(contender.connect(10))
            exchange(open_now[-1])
        time.sleep(15)
        taken, spent = contender.memory() - before, contender.cpu()
        time.sleep(5)
        return taken, contender.cpu() - spent
    finally:
        for connection in open_now:
            connection.close()


RATES, EACH = ("Mbit/s", "CPU-s/GB"), ("a second", "CPU-µs each")
FIGURES = {
    "start": ("listening after start", ("ms", "ms more to the first answer"), lambda contender: contender.took),
    "down1": ("down, 1 flow", RATES, lambda contender: flows(contender, 1, "--reverse")),
    "up1": ("up, 1 flow", RATES, lambda contender: flows(contender, 1)),
    "down8": ("down, 8 flows", RATES, lambda contender: flows(contender, 8, "--reverse")),
    "up8": ("up, 8 flows", RATES, lambda contender: flows(contender, 8)),
    "memory": ("memory after the flows", ("MB",), lambda contender: (contender.memory(),)),
    "idle": (f"{IDLE:,} idle connections", ("MB", "CPU-s in 5 s"), idle),
    "pingpong": ("64 bytes to and fro", ("p50, µs", "p99, µs"), pingpong),
    "connect1": ("connections, one at a time", EACH, lambda contender: connections(contender, 1)),
    "connect32": ("connections, 32 at a time", EACH, lambda contender: connections(contender, 32)),
}


def shown(value):
    """Three digits, or all before the point."""
    return "–" if math.isnan(value) else f"{value:.{max(0, 2 - math.floor(math.log10(abs(value) or 1)))}f}"


def table(values, names, figures):
    """Medians, and for all but the first their ratio to it."""
    print(f"| | {names[0]} |", *(f"{name} | ratio |" for name in names[1:]))
    print("| --- | ---: |" + " ---: | ---: |" * (len(names) - 1))
    for title, unit in ((title, unit) for title, units, _ in figures for unit in units):
        first, *others = (statistics.median(values.get((title, unit, name), [math.nan])) for name in names)
        print(f"| {title}: {unit} | {shown(first)} |", *(f"{shown(one)} | {shown(one / (first or math.nan))} |" for one in others))


def measure(far, state, only, against, data_path):
    contenders = [Contender(line, far, state) for line in Path(f"{state}/contenders").read_text().splitlines()]
    figures = [figure for name, figure in FIGURES.items() if name in only.split(",")]
    values, failed = {}, False
    with open(data_path, "w", encoding="utf-8") as data:
        print("round", "figure", "unit", "contender", "value", sep="\t", file=data, flush=True)
        for run in range(1, RUNS + 1):
            for contender in contenders:
                try:
                    contender.start()
                except OSError as error:
                    sys.exit(f"{contender.name} does not start: {error}\n{contender.log.read_text()}")
            # who comes second finds other caches and ports than who comes first: each has each place in turn
            turn = (run - 1) % len(contenders)
            order = contenders[turn:] + contenders[:turn]
            for (title, units, take), contender in ((figure, contender) for figure in figures for contender in order):
                try:
                    got = take(contender)
                except (OSError, ValueError, LookupError, ArithmeticError, subprocess.SubprocessError) as error:
                    print(f"round {run}, {contender.name}: {title}: {error!r}", contender.log.read_text()[-1000:], file=sys.stderr)
                    got, failed = (), True
                for unit, value in zip(units, got):
                    values.setdefault((title, unit, contender.name), []).append(value)
                    print(run, title, unit, contender.name, f"{value:.4g}", sep="\t", file=data, flush=True)
                    print(f"round {run}, {contender.name}: {title}: {shown(value)} {unit}", file=sys.stderr)
                time.sleep(0.5)  # what is still under way belongs to no other
    for contender in contenders:
        contender.stop()
    table(values, sorted((contender.name for contender in contenders), key=lambda name: name != against), figures)
    version = subprocess.run([os.environ["WGGO"], "--version"], capture_output=True, text=True).stdout.partition("\n")[0]
    print(f"\nRounds: {RUNS}, of {SECONDS} s a figure; {os.cpu_count()} processors, Linux {os.uname().release}, {version}")
    return failed


if __name__ == "__main__":
    # each idle connection is a descriptor here, at the peer and in the forwarder
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    sys.exit(asyncio.run(serve(*sys.argv[2:])) if sys.argv[1] == "serve" else measure(*sys.argv[2:]))
