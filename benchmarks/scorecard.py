"""The scorecard: rebuilds the figures and pictures of `/about` and ``benchmarks/SCORECARD.md``.

    python benchmarks/scorecard.py

Method. The shipped knowledge is asked every question of `tests/questions` over `Dialogue.respond`,
the path of the web, and the replies are counted by `assistant.evaluation`, with Wilson's 95 %
intervals. The confidence of an answer is held against what was right among the questions of kinds
answer and unknown. The curve moves the crisis screen's threshold over all its possible values. The
reading grade is Flesch-Kincaid's, of the passages' texts. Page weight is the first page with all
that it names, as sent and gzip-compressed. Speed is `POST /api/ask` beside a Flask route that returns the
same bytes: in one process, in turns, after a warm-up, medians of `SPEED_ASKED` questions.

`tests/test_scorecard.py` fails when a fresh run leaves an interval that is published.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import statistics
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask, Response
from flask.testing import FlaskClient

sys.path.insert(0, str(Path(__file__).parent.parent))

from assistant.app import create_app
from assistant.dialogue import Dialogue
from assistant.evaluation import Rate, evaluate, read
from assistant.knowledge import Knowledge
from assistant.readability import grade
from assistant.settings import Settings, shipped
from assistant.views.places import SCORES
from benchmarks import report
from benchmarks.charts import Bar, bars, curve, reliability
from benchmarks.measures import Judged, auroc, calibration_error, measures
from benchmarks.measures import reliability as bins_of
from benchmarks.own import Product
from benchmarks.questions import OWN_QUESTIONS, own

CARD = report.FOLDER / "SCORECARD.md"
PICTURES = SCORES.parent.parent / "static" / "scores"
FILES = sorted(OWN_QUESTIONS.glob("*.jsonl"))
SPEED_ASKED, WARM = 100, 10  # questions

MEASURES = {
    "top-1": ("Right passage", "Question that we can answer: right passage first"),
    "rejected": ("Said so when not known", "Question that we cannot answer: we said so"),
    "clinical": ("Sent to a professional", "Question for a professional: sent to one"),
    "small talk": ("Small talk noticed", "Small talk: noticed"),
    "follow-up": ("Follow-up right", "Question that leans on the last one: right"),
    "crisis": ("Danger noticed", "Danger: help shown"),
    "false alarm (crisis negatives)": ("False alarm, sounds alike", "False alarm: words that only sound like danger"),
    "false alarm (rest)": ("False alarm, the rest", "False alarm: plain questions"),
}
"""What `assistant evaluate` counts, in a few words and in words for everybody."""
DANGER = "Danger, {}: help shown"


def rates(dialogue: Dialogue) -> dict[str, Rate]:
    """Ask every question of a fresh run; return the rates under their names, in the order shown."""
    found = evaluate(dialogue, FILES)
    shown = {name: found["all"][key] for key, (_, name) in MEASURES.items() if key in found["all"]}
    return shown | {DANGER.format(category.replace("_", " ")): rate for category, rate in found["crisis"].items()}


def trust(dialogue: Dialogue) -> dict[str, Any]:
    """Return how far the confidence of an answer can be trusted."""
    questions = own(dialogue.knowledge)
    product = Product(dialogue.engine, questions.ids)
    answers = [product.ask(q.question) for q in questions.questions]
    judged = Judged(np.stack([s for s, _ in answers]), np.array([c for _, c in answers]), questions.gold())
    right = judged.right()
    return {
        **measures(judged, probability=True),
        "bins": bins_of(judged.confidence, right),
        "ECE": calibration_error(judged.confidence, right),
    }


def screening(dialogue: Dialogue) -> dict[str, Any]:
    """Return recall against false alarms for every threshold: among look-alikes, and among the rest."""
    groups: dict[str, list[float]] = {"crisis": [], "look-alikes": [], "rest": []}
    for line in read(FILES):
        if "turns" in line:
            continue
        group = "crisis" if line["kind"] == "crisis" else "rest"
        group = "look-alikes" if line["file"] == "crisis_negatives" else group
        groups[group].append(dialogue.engine.screen.screen(line["question"]).score)
    crisis = np.array(groups.pop("crisis"))
    found: dict[str, Any] = {"recall": float((crisis > 0).mean())}
    for name, scores in groups.items():
        others = np.array(scores)
        limits = np.unique(np.concatenate(([-np.inf], crisis, others)))[::-1]
        points = [(float((others >= limit).mean()), float((crisis >= limit).mean())) for limit in limits]
        found[name] = {"alarms": float((others > 0).mean()), "AUROC": auroc(crisis, others), "curve": corners(points)}
    return found


def corners(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points where the curve turns, from (0, 0)."""
    points = [(0.0, 0.0), *points]
    kept = points[:1]
    for before, here, after in zip(points, points[1:], [*points[2:], None], strict=False):
        flat = after is not None and (before[0] == here[0] == after[0] or before[1] == here[1] == after[1])
        if not flat:
            kept.append(here)
    return kept


def reading(knowledge: Knowledge) -> dict[str, float]:
    """Return the grades of the passages' texts, in school years."""
    grades = [grade(p.text) for p in knowledge.passages.values()]
    return {"median": statistics.median(grades), "hardest": max(grades)}


def weight(client: FlaskClient) -> dict[str, int]:
    """Return the first page's requests, its bytes as they are, and compressed."""
    page = client.get("/")
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    parts = [page.data, *(client.get(address).data for address in dict.fromkeys(named))]
    return {
        "requests": len(parts),
        "bytes": sum(map(len, parts)),
        "compressed": sum(len(gzip.compress(part, 6)) for part in parts),
    }


def speed(client: FlaskClient) -> dict[str, float]:
    """Return the median of an answer and of a route that only sends the same bytes, in ms, and their ratio."""
    questions = [q["question"] for q in read(FILES) if "question" in q]
    step = max(1, len(questions) // (SPEED_ASKED + WARM))
    chosen = questions[::step][: SPEED_ASKED + WARM]
    sent = client.post("/api/ask", json={"question": chosen[0]}).data
    bare = Flask("bare")
    bare.post("/api/ask")(lambda: Response(sent, mimetype="application/json"))
    sides = {"ours": client, "bare": bare.test_client()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for question in chosen:
        for name, side in sides.items():
            begun = time.perf_counter()
            side.post("/api/ask", json={"question": question})
            taken[name].append(1000 * (time.perf_counter() - begun))
    medians = {f"{name} ms": statistics.median(values[WARM:]) for name, values in taken.items()}
    return {"ratio": medians["ours ms"] / medians["bare ms"], **medians}


def drawings(shown: dict[str, Rate], sure: dict[str, Any], screen: dict[str, Any]) -> list[dict[str, Any]]:
    """Write the pictures; return their files, titles and text alternatives."""
    rows = [Bar(short, shown[name].value, *shown[name].interval) for short, name in MEASURES.values() if name in shown]
    said = "; ".join(f"{b.name} {100 * b.value:.0f} %, likely {100 * b.low:.0f} to {100 * b.high:.0f} %" for b in rows)
    bins = "; ".join(f"{100 * s:.0f} % sure, {100 * r:.0f} % right ({n} questions)" for s, r, n in sure["bins"])
    lines = [(name, screen[name]["curve"]) for name in ("look-alikes", "rest")]
    alarms = {name: screen[name]["alarms"] for name, _ in lines}
    found = [
        ("rates", "How often it was right, with the likely range", bars("Results by kind", rows), said),
        ("confidence", "Was it right as often as it was sure?", reliability("Sure and right", sure["bins"]), bins),
        (
            "danger",
            "Danger noticed against false alarms",
            curve(
                "Danger noticed against false alarms",
                lines,
                (alarms["look-alikes"], screen["recall"]),
                "false alarms",
                "danger noticed",
            ),
            f"Where it is set, it notices {100 * screen['recall']:.0f} % of danger, with false alarms on "
            f"{100 * alarms['look-alikes']:.0f} % of look-alikes and {100 * alarms['rest']:.1f} % of the rest. "
            f"Area under the curve: {screen['look-alikes']['AUROC']:.3f} and {screen['rest']['AUROC']:.3f}.",
        ),
    ]
    PICTURES.mkdir(exist_ok=True)
    out = []
    for name, title, drawing, alternative in found:
        (PICTURES / f"{name}.svg").write_text(drawing, "utf-8")
        width, height = re.findall(r'(?:width|height)="(\d+)"', drawing)[:2]
        size = {"width": int(width), "height": int(height)}
        out.append({"file": f"scores/{name}.svg", "title": title, "alternative": alternative, **size})
    return out


def published(
    dialogue: Dialogue, shown: dict[str, Rate], facts: list[str], pictures: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the page reads."""
    count = sum(1 for _ in read(FILES))
    rows = [
        {"name": name, "value": r.value, "low": r.interval[0], "high": r.interval[1], "n": r.n}
        for name, r in shown.items()
    ]
    return {
        "date": date.today().isoformat(),
        "set": f"{count} test questions. We wrote them ourselves; no visitor did",
        "revision": dialogue.knowledge.revision,
        "rows": report.rounded(rows),
        "facts": facts,
        "pictures": pictures,
    }


def card(found: dict[str, Any], about: dict[str, Any]) -> str:
    """Return the scorecard as Markdown."""
    rows = [
        [r["name"], f"{100 * r['value']:.1f} %", f"{100 * r['low']:.1f} to {100 * r['high']:.1f} %", str(r["n"])]
        for r in found["rows"]
    ]
    pictures = "\n\n".join(
        f"![{p['title']}. {p['alternative']}](../assistant/static/{p['file']})" for p in found["pictures"]
    )
    facts = "\n".join(f"- {fact}" for fact in found["facts"])
    return (
        f"# Scorecard\n\nMade by `python benchmarks/scorecard.py`; the same figures stand on `/about`.\n"
        f"Tested on {found['set']}. Knowledge revision {found['revision']}. {report.said(about)}\n\n"
        f"{report.table(['what', 'result', '95 % interval', 'tests'], rows)}\n\n{facts}\n\n{pictures}\n"
    )


def main() -> None:
    logging.disable(logging.INFO)  # a line a request
    app = create_app(Settings(knowledge=shipped("knowledge"), secret_key="scorecard", rate_limit="off"))
    dialogue = app.extensions["live"].current.dialogue
    client = app.test_client()
    shown, sure, screen = rates(dialogue), trust(dialogue), screening(dialogue)
    read_at, heavy, quick = reading(dialogue.knowledge), weight(client), speed(client)
    facts = [
        f"The texts read at grade {read_at['median']:.0f} (the hardest at {read_at['hardest']:.0f}).",
        f"The first page weighs {heavy['bytes'] / 1000:.0f} kB in {heavy['requests']} requests "
        f"({heavy['compressed'] / 1000:.0f} kB compressed).",
        f"An answer takes {quick['ours ms']:.0f} ms, {quick['ratio']:.0f} times a route that only sends the same bytes.",
        f"When it says how sure it is, it is off by {100 * sure['ECE']:.0f} points on average.",
    ]
    found = published(dialogue, shown, facts, drawings(shown, sure, screen))
    about = report.machine("flask", "rapidfuzz")
    SCORES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    CARD.write_text(card(found, about), "utf-8")
    parts = {"trust": sure, "screening": screen, "reading": read_at, "weight": heavy, "speed": quick}
    report.keep("scorecard", {"made": about, **parts}, card(found, about))


if __name__ == "__main__":
    main()
