import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

LONGEST_SILENCE_SECONDS = 900


def run_stage(project, stage, key, parameters=None, lineage=None):
    """Starts a stage at Gyre and waits for its end. The same key finds what was begun before."""
    base = "/api/v1/projects/" + urllib.parse.quote(project, safe="") + "/executions"
    body = {"targets": [stage], "parameters": parameters or {}, "reason": ("asked for by " + key)[:500]}
    body.update(lineage or {})
    for number in range(1, 1000):
        execution = call("POST", base, body, {"Idempotency-Key": "%s:%d" % (header_of(key), number)})
        # A new execution is never at its end: this one is that of an earlier try, and the next is due.
        if execution["state"] not in ("failed", "cancelled"):
            break
    address = base + "/" + execution["id"]
    print("Gyre runs %s as %s" % (stage, execution["id"]), flush=True)
    # By its id: of a stage's name the server may refuse signs that no address should hold.
    step = step_of(execution, stage).get("id", stage)
    log = address + "/steps/" + urllib.parse.quote(step, safe="") + "/log?from="
    next_byte = 0
    while True:
        execution = call("GET", address + "?waitSeconds=5")
        part = call("GET", log + str(next_byte))
        while part["text"]:
            sys.stdout.write(part["text"])
            next_byte = part["nextByte"]
            part = call("GET", log + str(next_byte))
        sys.stdout.flush()
        if execution["endedAtMs"] is not None:
            break
    if execution["state"] != "succeeded":
        failure = execution.get("failure") or {}
        message = failure.get("message", "The execution %s was cancelled." % execution["id"])
        raise RuntimeError("%s %s" % (message, failure.get("next", "")))
    step = step_of(execution, stage)
    print("%s %s: %s" % (stage, step.get("state"), step.get("reason")), flush=True)
    return {
        "execution": execution["id"],
        "state": step.get("state"),
        "run": step.get("runId"),
        "metrics": step.get("metrics"),
    }


def step_of(execution, stage):
    """Nothing, perhaps: of very many steps only some are shown."""
    return next((step for step in execution["steps"] if step["stage"] == stage), {})


def header_of(key):
    """A header carries ASCII, and the server takes a key of 200 signs."""
    quoted = urllib.parse.quote(key, safe=":@+=,. ")
    return quoted if len(quoted) <= 190 else hashlib.sha256(key.encode()).hexdigest()


def call(method, path, body=None, headers=None):
    """Asks the server; one that is away for a while, such as during its restart, is asked again."""
    request = urllib.request.Request(
        os.environ.get("GYRE_URL", GYRE_URL).rstrip("/") + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    token = os.environ.get("GYRE_TOKEN")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    until = time.monotonic() + LONGEST_SILENCE_SECONDS
    pause = 1
    while True:
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            said = error.read().decode("utf-8", "replace")
            if error.code < 500 and error.code != 429:
                raise RuntimeError("Gyre refused %s %s: %s" % (method, path, said)) from None
            reason = "%d %s" % (error.code, said[:200])
        except OSError as error:
            reason = str(error)
        if time.monotonic() > until:
            raise RuntimeError("Gyre cannot be reached: %s" % reason)
        print("Gyre does not answer (%s); asking again in %d s" % (reason, pause), flush=True)
        time.sleep(pause)
        pause = min(pause * 2, 30)
