"""python3 -m hub ADDRESS PORT CERTIFICATE KEY REGISTRY: run the token server; the files are PEM."""

from __future__ import annotations

import sys
from pathlib import Path

from .server import TokenServer

address, port, certificate, key, registry = sys.argv[1:]
TokenServer((address, int(port)), Path(certificate), Path(key), Path(registry)).serve_forever()
