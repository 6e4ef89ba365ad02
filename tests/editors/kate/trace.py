#!/usr/bin/python3
"""Stands in front of the server under its name, and keeps what it says: one line of JSON for each message.

WIC_REAL is the server's program, WIC_TRACE the file.
"""

import os
import subprocess
import sys
from pathlib import Path

with (
    subprocess.Popen([os.environ["WIC_REAL"], *sys.argv[1:]], stdout=subprocess.PIPE) as server,
    Path(os.environ["WIC_TRACE"]).open("ab") as trace,
):
    length = 0
    while header := server.stdout.readline():
        length = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else length
        if header.strip():
            continue
        body = server.stdout.read(length)
        trace.write(body.replace(b"\n", b" ") + b"\n")
        trace.flush()
        sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%s" % (length, body))
        sys.stdout.buffer.flush()
sys.exit(server.returncode)
