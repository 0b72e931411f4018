#!/usr/bin/env python3
"""Runs the README's ```sh blocks, line by line, in an empty folder beside a link to corpus/.

usage: readme_commands.py README.md SOURCE_DIR PROGRAM
A line must exit 0, or with N where it ends in "# exits N". `weightproof` is PROGRAM.
"""
import os
import re
import subprocess
import sys
import tempfile


def commands(text):
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M):
        for line in block.splitlines():
            code = re.search(r"#\s*exits (\d+)\s*$", line)
            yield line, int(code.group(1)) if code else 0


def main():
    readme, source, program = sys.argv[1:]
    with open(readme, encoding="utf-8") as file:
        lines = list(commands(file.read()))
    if not lines:
        sys.exit("no commands in " + readme)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(source, "corpus"), os.path.join(folder, "corpus"))
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(program), os.path.join(folder, "bin", "weightproof"))
        path = os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"]
        for line, expected in lines:
            done = subprocess.run(line, shell=True, cwd=folder, env={**os.environ, "PATH": path},
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            print(("ok    " if done.returncode == expected else "WRONG ") + line)
            if done.returncode != expected:
                failed += 1
                print(f"exit {done.returncode}, expected {expected}:")
                print(done.stdout.decode(errors="replace")[-3000:])
    print(f"{len(lines)} commands, {failed} wrong")
    sys.exit(1 if failed else 0)


main()
