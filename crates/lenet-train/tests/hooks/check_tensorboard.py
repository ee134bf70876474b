"""Holds the event file of a run to its metrics.jsonl, read with TensorBoard's own reader.

    lenet-train --tensorboard --out run
    python crates/lenet-train/tests/hooks/check_tensorboard.py run

Needs `pip install tensorboard`. Every number must be there once and in order, also after a run was killed and resumed.
"""

import json
import struct
import sys
from pathlib import Path

try:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(77)  # The test that runs this takes it for skipped.


def found(run):
    """Curves of the event file: tag to [(step, number)]. The loader checks the sum of every record."""
    curves = {}
    for file in run.glob("*tfevents*"):
        for event in EventFileLoader(str(file)).Load():
            for value in event.summary.value:
                # The loader turns plain numbers into tensors.
                curves.setdefault(value.tag, []).append((event.step, value.tensor.float_val[0]))
    return curves


def expected(run):
    """The same from the metrics."""
    curves = {}
    names = {
        "step": {"loss": "train/loss", "learning_rate": "train/learning_rate"},
        "epoch": {"train_loss": "epoch/train_loss", "valid_loss": "valid/loss", "valid_accuracy": "valid/accuracy"},
    }
    for line in (run / "metrics.jsonl").read_text().splitlines():
        record = json.loads(line)
        for field, tag in names.get(record["event"], {}).items():
            if record.get(field) is not None:
                curves.setdefault(tag, []).append((record["step"], as_f32(record[field])))
    return curves


def as_f32(number):
    return struct.unpack("f", struct.pack("f", number))[0]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    run = Path(sys.argv[1])
    one, other = found(run), expected(run)
    if not one:
        sys.exit(f"{run}: no event file with curves; was the run made with --tensorboard?")
    if wrong := [tag for tag in sorted(one.keys() | other.keys()) if one.get(tag) != other.get(tag)]:
        sys.exit(f"{run}: the event file and metrics.jsonl differ in {', '.join(wrong)}")
    print(f"{sum(map(len, one.values()))} numbers of {len(one)} curves are right")
