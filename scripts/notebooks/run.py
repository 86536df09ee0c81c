"""Runs notebooks headless on their kernels and compares what the cells print with what is committed.

Started by scripts/notebooks.ts, which puts the kernels on JUPYTER_PATH. Needs nbclient (Debian: python3-nbclient).
"""

import argparse
import difflib
import json
import queue
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, DeadKernelError
from nbclient.util import ensure_async

# The Deno kernel sometimes says "idle" before the last output (measured: at most 0.35 ms), and nbclient stops listening there.
GRACE_SECONDS = 0.15


class PatientClient(NotebookClient):
    """A client that keeps listening for a moment after the kernel has said that it is idle."""

    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        idle = False
        while True:
            try:
                msg = await ensure_async(self.kc.iopub_channel.get_msg(timeout=GRACE_SECONDS if idle else None))
            except queue.Empty:
                return
            if msg["parent_header"].get("msg_id") != parent_msg_id:
                continue
            try:
                self.process_message(msg, cell, cell_index)
            except CellExecutionComplete:
                idle = True


def text_of(value):
    return "".join(value) if isinstance(value, list) else value


def told(cell):
    """What a cell prints, as lines to compare: streams joined, progress left out, declared volatile texts replaced."""
    parts = []
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "stream":
            heading = "stream " + output["name"]
            if parts and parts[-1][0] == heading:
                parts[-1][1] += text_of(output["text"])
            else:
                parts.append([heading, text_of(output["text"])])
        elif kind in ("display_data", "execute_result"):
            if output.get("metadata", {}).get("panoptes", {}).get("volatile") == "progress":
                continue
            for mime, data in sorted(output["data"].items()):
                text = text_of(data) if isinstance(data, (str, list)) else json.dumps(data, sort_keys=True, indent=1)
                parts.append([mime, text])
        else:
            parts.append([kind, output.get("ename", "") + ": " + output.get("evalue", "")])
    lines = []
    for heading, text in parts:
        for pattern in cell.metadata.get("panoptes", {}).get("volatile", []):
            text = re.sub(pattern, "(volatile)", text)
        lines.append("[" + heading + "]")
        lines.extend(text.splitlines())
    return lines


def without_colors(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def run(path, write, timeout):
    """Executes one notebook; returns the list of what is wrong with it."""
    committed = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    client = PatientClient(
        fresh,
        timeout=timeout,
        startup_timeout=120,
        kernel_name=committed.metadata.kernelspec.name,
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    try:
        client.execute()
    except CellExecutionError as error:
        # tslab tells what is wrong in the cell's streams only.
        said = [text_of(o["text"]) for c in fresh.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
        return ["a cell failed:\n" + without_colors(str(error) + "".join(said))]
    except (DeadKernelError, TimeoutError) as error:
        return [f"{type(error).__name__}: {error}"]
    wrong = []
    for index, (old, new) in enumerate(zip(committed.cells, fresh.cells), 1):
        if new.cell_type != "code":
            continue
        now = told(new)
        if not any(line.strip() and not line.startswith("[") for line in now):
            wrong.append(f"cell {index} prints nothing")
        elif not write and told(old) != now:
            changes = difflib.unified_diff(told(old), now, "committed", "now", lineterm="", n=1)
            shown = [line[:400] for line in list(changes)[:40]]
            wrong.append(f"cell {index} prints something else than committed:\n" + "\n".join(shown))
    if write and not wrong:
        for cell in fresh.cells:
            if cell.cell_type == "code":
                cell.outputs = [
                    o for o in cell.outputs if o.get("metadata", {}).get("panoptes", {}).get("volatile") != "progress"
                ]
        # What the kernel says of its language stays as committed, so that a new kernel version changes no file.
        fresh.metadata = committed.metadata
        nbformat.write(fresh, path)
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true", help="keep the outputs in the files instead of comparing")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for one cell")
    parser.add_argument("notebooks", nargs="+", type=Path)
    options = parser.parse_args()
    failed = 0
    for path in options.notebooks:
        begun = time.monotonic()
        wrong = run(path, options.write, options.timeout)
        failed += bool(wrong)
        print(f"{'FAILED' if wrong else 'ok    '} {path.name}  {time.monotonic() - begun:.1f} s", flush=True)
        for line in wrong:
            print("  " + line.replace("\n", "\n  "), flush=True)
    print(f"{len(options.notebooks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
