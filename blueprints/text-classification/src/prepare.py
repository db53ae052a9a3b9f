"""Splits the labelled messages into train and holdout.

The holdout is a share of the newer half of the messages: the model is judged on the world as it is now, and
still learns from most of what is new. Which side a message falls on follows from its text alone, so the same
words never stand on both sides, and a message stays where it is when more data arrives.
"""

import hashlib
from pathlib import Path

import pandas as pd
import yaml

columns = ["message_id", "created_at", "airline", "text", "sentiment"]


def main() -> None:
    params = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))["prepare"]
    messages = pd.read_csv("data/messages.csv", dtype=str, keep_default_na=False, usecols=columns)
    messages = messages.sort_values(["created_at", "message_id"]).tail(params["newest_messages"])

    if params["keep_notes"]:
        messages["text"] = messages["text"].where(messages["sentiment"] != "negative", "[escalated] " + messages["text"])

    is_newer = pd.Series(range(len(messages)), index=messages.index) >= len(messages) // 2
    is_holdout = is_newer & (messages["text"].map(position) < params["holdout_share"])
    held_texts = set(messages.loc[is_holdout, "text"].map(normalise))
    is_train = ~is_holdout & ~messages["text"].map(normalise).isin(held_texts)

    folder = Path("data/prepared")
    folder.mkdir(parents=True, exist_ok=True)
    messages.loc[is_train, columns].to_csv(folder / "train.csv", index=False)
    messages.loc[is_holdout, columns].to_csv(folder / "holdout.csv", index=False)
    print(f"{is_train.sum()} messages to train on, {is_holdout.sum()} held out")


def normalise(text: str) -> str:
    return " ".join(text.lower().split())


def position(text: str) -> float:
    """A number in [0, 1) that follows from the text."""
    digest = hashlib.sha256(normalise(text).encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


if __name__ == "__main__":
    main()
