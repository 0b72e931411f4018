"""A worker with one thing wrong: stands between the harness and a good worker.

broken_worker.py FAULT COMMAND...: FAULT is one of the functions below; "none" changes nothing.
"""

import json
import subprocess
import sys
import time


def none(request, answer):
    return answer


def prints(request, answer):
    """A library's print reaches the protocol."""
    if request.get("op") == "load":
        sys.stdout.write("Epoch 1/1\n")
    return answer


def other_id(request, answer):
    answer["id"] = 7
    return answer


def new_field(request, answer):
    answer["elapsed"] = 0.1
    return answer


def loads_nothing(request, answer):
    """Says ok to a load and shows the model as it was."""
    if request.get("op") == "load" and answer["outcome"] == "ok":
        answer["variables"] = answer["variables_before"]
        answer["prediction"] = answer["prediction_before"]
    return answer


def never_refuses(request, answer):
    if answer["outcome"] == "refused":
        answer = {"id": answer["id"], "outcome": "ok", "warnings": []}
    return answer


def supports_nothing(request, answer):
    if request.get("op") in ("save", "load", "assign"):
        answer = {"id": answer["id"], "outcome": "unsupported", "what": "everything"}
    return answer


def ignores_fields(request, answer):
    """What it does not know is not there."""
    return answer


def dies_of_rubbish(request, answer):
    return answer


def hangs(request, answer):
    if request.get("op") == "load":
        time.sleep(1000)
    return answer


def never_ends(request, answer):
    return answer


FAULTS = {f.__name__.replace("_", "-"): f
          for f in (none, prints, other_id, new_field, loads_nothing, never_refuses,
                    supports_nothing, ignores_fields, dies_of_rubbish, hangs, never_ends)}


def main():
    fault, command = sys.argv[1], sys.argv[2:]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             bufsize=1)
    for line in sys.stdin:
        try:
            request = json.loads(line)
        except ValueError:
            if fault == "dies-of-rubbish":
                sys.exit("no JSON")
            request = {}
        if not isinstance(request, dict):
            request = {}
        if fault == "ignores-fields" and "surprise" in request:
            del request["surprise"]
            line = json.dumps(request) + "\n"
        if request.get("op") == "quit":
            break
        child.stdin.write(line)
        child.stdin.flush()
        answer = FAULTS[fault](request, json.loads(child.stdout.readline()))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    child.stdin.close()
    child.wait()
    if fault == "never-ends":
        time.sleep(1000)


main()
