"""A good worker with a trouble, for tests alone: stands between the harness and the worker that
COMMAND starts.

troubled_worker.py dies-of-gamma COMMAND...   dies of a load whose file holds a gamma
troubled_worker.py slow COMMAND...            takes a tenth of a second more for each answer
"""

import json
import os
import signal
import subprocess
import sys
import time


def holds_gamma(line):
    request = json.loads(line)
    if request.get("op") != "load":
        return False
    with open(request["path"], "rb") as file:
        return b"gamma" in file.read()


def main():
    trouble = sys.argv[1]
    worker = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for line in sys.stdin.buffer:
        if trouble == "slow":
            time.sleep(0.1)
        elif holds_gamma(line):
            worker.kill()
            os.kill(os.getpid(), signal.SIGSEGV)
        worker.stdin.write(line)
        worker.stdin.flush()
        sys.stdout.buffer.write(worker.stdout.readline())
        sys.stdout.buffer.flush()


main()
