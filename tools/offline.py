"""Run notebooks where no network is: `unshare --map-root-user --net python -m tools.offline notebook ...`.

In a network namespace of its own a process has no interface but loopback, so nothing that it starts can reach another machine. A kernel
talks to its client over loopback: that is switched on, the rest is shown to be missing, then every cell runs.
"""

import errno
import fcntl
import json
import socket
import struct
import sys
from pathlib import Path

import nbformat

from tools.store_notebooks import counted

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def reachable(host: str = "192.0.2.1", port: int = 443) -> bool:
    """Whether there is a way to another machine. The address is reserved for documentation: nothing answers, but a route would exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:  # a datagram is sent to nobody by connect: only the route is looked up
        return wire.connect_ex((host, port)) != errno.ENETUNREACH


def main(paths: list[str]) -> None:
    others = [name for _, name in socket.if_nameindex() if name != "lo"]
    if reachable():
        sys.exit(f"the network is not cut: there is a route, over {', '.join(others) or 'lo'}")
    loopback_up()
    for path in map(Path, paths):
        print(json.dumps({path.stem: counted(nbformat.read(path, as_version=4), path.parent)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
