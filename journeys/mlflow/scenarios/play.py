"""Plays scenarios with the unmodified client. Prints, for each, one line of JSON: what it saw, or how it failed."""

import importlib
import json
import os
import sys
import time
import traceback

url, *names = sys.argv[1:]
os.environ["MLFLOW_TRACKING_URI"] = url

for name in names:
    started = time.monotonic()
    told = {"name": name}
    try:
        told["seen"] = importlib.import_module(name).play()
    except BaseException:
        told["failed"] = traceback.format_exc()
    told["seconds"] = round(time.monotonic() - started, 1)
    print("\n" + json.dumps(told), flush=True)
