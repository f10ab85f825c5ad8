# SPDX-License-Identifier: Apache-2.0
"""Runs every check of the check_*.py modules beside this file, in the order of their names."""
import importlib
import logging
import pathlib
import sys

import checks

logging.getLogger("databricks.sdk").setLevel(logging.ERROR)
for module in sorted(pathlib.Path(__file__).parent.glob("check_*.py")):
    importlib.import_module(module.stem)
sys.exit(checks.run_all())
