"""python3 -m hub ADDRESS PORT CERTIFICATE KEY REGISTRY: run the token server; the files are PEM.

It says `listening` on standard output as soon as it does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .server import TokenServer

address, port, certificate, key, registry = sys.argv[1:]
server = TokenServer((address, int(port)), Path(certificate), Path(key), Path(registry))
sys.stdout.write("listening\n")
sys.stdout.flush()
server.serve_forever()
