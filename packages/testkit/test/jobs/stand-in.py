"""Behaves to the outside as the streaming job does, without Spark's session: it keeps progress, stops by its marker or SIGTERM, and
ends as the topic's name says. So a test of what runs jobs takes seconds, and what it starts is a Python driver all the same.
"""

import hashlib
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request


def request(location, method="GET", body=None):
    """Of the local S3, which asks nobody for a signature."""
    url = f"{os.environ['AWS_ENDPOINT_URL_S3']}/{location.split('://', 1)[1]}"
    return urllib.request.urlopen(urllib.request.Request(url, data=body, method=method)).read()


def is_remote(location):
    return location.startswith("s3")


def read(location):
    if is_remote(location):
        return request(location)
    with open(location, "rb") as file:
        return file.read()


def write(location, body):
    if is_remote(location):
        request(location, "PUT", body)
        return
    os.makedirs(os.path.dirname(location), exist_ok=True)
    with open(location + ".new", "wb") as file:
        file.write(body)
    os.rename(location + ".new", location)


def fingerprint(location):
    try:
        return hashlib.sha256(read(location)).hexdigest()
    except (FileNotFoundError, urllib.error.HTTPError):
        return None


flag = next(name for name in ("--job", "--plan") if name in sys.argv)
job = json.loads(read(sys.argv[sys.argv.index(flag) + 1]))
topic = job["source"]["topic"]
batch = {
    "query": "main",
    "batchId": 0,
    "startedAt": "then",
    "inputRows": 500,
    "outputRows": 500,
    "durationMs": 250,
    "endOffsets": {"0": 500},
}


def keep(state, ended=None):
    document = {
        "version": 1,
        "runId": job["runId"],
        "job": job["name"],
        "state": state,
        "startedAt": "then",
        "updatedAt": "now",
        "started": {"event": "started"},
        "progress": {"main": batch},
        "recent": [batch],
        "totals": {"main": {"batches": 1, "inputRows": 500, "outputRows": 500, "endOffsets": {"0": 500}}},
        **({"ended": ended} if ended else {}),
    }
    write(f"{job['progressLocation']}/{job['runId']}.json", json.dumps(document).encode())


def end(event, code):
    keep("failed" if event["event"] == "failed" else "stopped", event)
    print(json.dumps(event), flush=True)
    sys.exit(code)


print("a line of the log", file=sys.stderr, flush=True)
if topic == "fails":
    end({"event": "failed", "code": "records-lost", "message": "Records 5 to 9 are gone", "remedy": "Look."}, 1)
if topic == "crashes":
    raise MemoryError("out of luck")
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append("signal"))
stale = fingerprint(job["stop"]["markerLocation"])
keep("running")
if topic == "ends-at-once" or job["trigger"]["type"] == "availableNow":
    end({"event": "stopped", "reason": "available-now-done", "graceful": True}, 0)
# A test that failed leaves it behind.
left_behind = time.monotonic() + 600
while not asked:
    time.sleep(0.1)
    if time.monotonic() > left_behind:
        sys.exit(9)
    if fingerprint(job["stop"]["markerLocation"]) not in (None, stale):
        asked.append("stop-marker")
end({"event": "stopped", "reason": asked[0], "graceful": True}, 0)
