"""Summarise a web server's access log: requests by status, the slowest pages, the busiest visitors."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)[^"]*" '
    r"(?P<status>\d{3}) (?P<size>\d+|-) (?P<seconds>\d+\.\d+)"
)


@dataclass(frozen=True)
class Request:
    """One line of the log; `size` is in bytes."""

    host: str
    method: str
    path: str
    status: int
    size: int
    seconds: float

    @property
    def failed(self) -> bool:
        """Whether the server could not answer."""
        return self.status >= 500


def parse_line(line: str) -> Request | None:
    """Read one line, or return None if it is not a request."""
    match = LINE.match(line)
    if match is None:
        return None
    size = match["size"]
    return Request(
        host=match["host"],
        method=match["method"],
        path=match["path"],
        status=int(match["status"]),
        size=0 if size == "-" else int(size),
        seconds=float(match["seconds"]),
    )


def read_requests(lines: Iterable[str]) -> Iterator[Request]:
    """Yield the requests of a log and skip all other lines."""
    for line in lines:
        request = parse_line(line)
        if request is not None:
            yield request


def slowest(requests: Iterable[Request], count: int) -> list[tuple[str, float]]:
    """The paths with the longest mean time, and that time in seconds."""
    times: dict[str, list[float]] = defaultdict(list)
    for request in requests:
        times[request.path].append(request.seconds)
    means = {path: sum(values) / len(values) for path, values in times.items()}
    return sorted(means.items(), key=lambda pair: pair[1], reverse=True)[:count]


def report(requests: list[Request], count: int) -> str:
    """The summary, as lines of text."""
    statuses = Counter(request.status for request in requests)
    hosts = Counter(request.host for request in requests)
    lines = [f"{len(requests)} requests, {sum(request.failed for request in requests)} failed"]
    lines += [f"{status}: {number}" for status, number in sorted(statuses.items())]
    lines += [f"{seconds:.3f} s  {path}" for path, seconds in slowest(requests, count)]
    lines += [f"{number} from {host}" for host, number in hosts.most_common(count)]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Print a report on the log that is named, or on standard input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", nargs="?", type=Path, help="the log file; standard input if there is none")
    parser.add_argument("-n", "--count", type=int, default=5, help="how many pages and visitors to name")
    options = parser.parse_args(arguments)
    if options.log is None:
        requests = list(read_requests(sys.stdin))
    else:
        with options.log.open(encoding="utf-8", errors="replace") as file:
            requests = list(read_requests(file))
    if not requests:
        print("no requests found", file=sys.stderr)
        return 1
    print(report(requests, options.count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
