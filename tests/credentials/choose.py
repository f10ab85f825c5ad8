# SPDX-License-Identifier: Apache-2.0
"""Prints which credential the official Python SDK chooses, with each environment of standard input:
one JSON object a line, {"name": "value"}; one JSON object a line is the answer."""
import json
import logging
import os
import sys

from databricks.sdk.config import Config

logging.disable(logging.CRITICAL)


def choose():
    try:
        cfg = Config(http_timeout_seconds=5, retry_timeout_seconds=1)
        cfg.authenticate()
    except Exception as e:  # pylint: disable=broad-except
        return {"type": "", "host": "", "profile": "", "error": str(e) or repr(e)}
    return {"type": cfg.auth_type, "host": cfg.host, "profile": cfg.profile or "", "error": ""}


for line in sys.stdin:
    os.environ.clear()
    os.environ.update(json.loads(line))
    print(json.dumps(choose()), flush=True)
