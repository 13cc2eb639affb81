"""One turn of a conversation: from an utterance to a reply.

`Dialogue.respond` is the only way, and the crisis screen is its first line. Nothing is generated:
every text that a reply shows stands in the knowledge folder or in `wording`.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from assistant import lifeline, wording
from assistant.context import Context, ContextSigner
from assistant.crisis import Verdict
from assistant.encoder import OneTurn, shipped_encoder
from assistant.engine import CLINICAL, FOLLOW_UP, OUTCOMES, PASSAGE, SMALL_TALK, UNCOVERED, Engine, build
from assistant.knowledge import FEELINGS, Knowledge
from assistant.passages import CrisisVariant, HelpLine, Locator, Passage, Region
from assistant.replies import (
    Abstention,
    Answer,
    Cited,
    Clarification,
    ClinicalReply,
    CrisisReply,
    Level,
    Reply,
    SmallTalkReply,
    Support,
    Why,
)
from assistant.retrieval import Candidate, Ranking
from assistant.text import fold, words

MIN_CONFIDENCE = 0.45  # probability, 0 to 1: below it we do not answer (set on the folder's judged questions)
MIN_CHOICE = 0.17  # below MIN_CONFIDENCE and above this, "did you mean" offers the nearest passages
# Probability that a question is for a professional, alone and as a share of that for an answer: low, since an
# answer to such a question is worse than none; with 0.2 gibberish and general questions in other languages went there.
MIN_CLINICAL, CLINICAL_SHARE = 0.25, 0.5
MIN_PART = 0.3  # each half of a double question that is answered must be this sure to get a passage of its own
NEAR_TIE = 0.06  # score: a second passage of another place this close is shown too
MAX_RESOURCES = 3  # help lines on a crisis reply: more would be a list, not help
HELP_STAYS = 8  # turns for which help stays in view after a crisis reply
MAX_SUGGESTIONS = 3
ELLIPTIC_WORDS = 9  # an utterance this short may lean on the turn before
CONTEXT_BONUS = 0.12  # score that a passage near the last answer gains for a leaning utterance

_LEANING = frozenset(
    [
        "it",
        "its",
        "that",
        "this",
        "they",
        "them",
        "those",
        "these",
        "one",
        "ones",
        "he",
        "she",
        "both",
        "either",
        "other",
        "another",
        "same",
        "such",
        "there",
        "then",
        "so",
        "and",
        "but",
        "also",
        "else",
        "too",
        "more",
        "even",
        "which",
        "why",
        "how",
        "what",
        "first",
        "second",
        "latter",
        "former",
    ]
)
_OPENERS = (
    "and",
    "but",
    "so",
    "also",
    "what about",
    "how about",
    "even",
    "then",
    "or",
    "does that",
    "is that",
    "can that",
)
_ALONE = threading.Lock()  # one question at a time in a process: at each step numpy lets go of Python's own lock, and
# where 32 threads answered side by side, an answer cost twice the processor's time
_TWO = re.compile(r"(?<=\?) |; |,? and (?=(?:what|how|does|do|is|are|can|why|which|will)\b)")


@dataclass(frozen=True, eq=False)
class _Turn:
    """What is known while one reply is made."""

    utterance: str
    folded: str
    context: Context
    region: Region
    screens: tuple[tuple[str, str], ...]
    encoder: OneTurn


class Dialogue:
    """Answers utterances from one knowledge folder; holds no state between turns."""

    def __init__(self, knowledge: Knowledge, engine: Engine, signer: ContextSigner, region: str = "") -> None:
        self.knowledge = knowledge
        self.engine = engine
        self._signer = signer
        self._default_region = region
        self._feelings = tuple(f" {w} " for w in knowledge.feeling_words)

    @classmethod
    def build(cls, knowledge: Knowledge, secret_key: str | None = None, region: str = "") -> Dialogue:
        """Learn what *knowledge* needs; without a *secret_key*, contexts hold for this process only."""
        return cls(knowledge, build(knowledge), ContextSigner(secret_key or secrets.token_hex(32)), region)

    def is_crisis(self, utterance: str) -> bool:
        """Return whether *utterance*, of any length, signals danger."""
        with _ALONE:
            return self.engine.screen.screen(utterance).danger

    def respond(self, utterance: str, context: str = "", region: str = "", *, not_crisis: bool = False) -> Reply:
        """Return the reply to *utterance*; never raises for any text.

        Args:
            utterance: what the visitor typed.
            context: the context of the reply before, or nothing.
            region: the region whose help lines the visitor chose, or nothing.
            not_crisis: the visitor said of a crisis reply to this text, "that is not what I meant".
        """
        with _ALONE:
            return self._respond(utterance, self._signer.read(context), region, not_crisis)

    def _respond(self, utterance: str, before: Context, region: str, not_crisis: bool) -> Reply:
        encoder = OneTurn(shipped_encoder())
        alert = before.crisis_turns > 0 and before.calm < 2
        verdict = self.engine.screen.screen(utterance, alert=alert, encoder=encoder)
        turn = _Turn(utterance, fold(utterance), before, self._region(region), _screens(verdict), encoder)
        if verdict.danger and not not_crisis:
            return self._crisis(turn, verdict)
        if verdict.danger:
            before = replace(
                before, crisis=verdict.category or "general", crisis_turns=max(1, before.crisis_turns), calm=0
            )
            turn = replace(turn, context=before)
        return self._keep_help(turn, self._answer(turn))

    # crisis

    def _crisis(self, turn: _Turn, verdict: Verdict) -> CrisisReply:
        before = turn.context
        variant = self.variant(verdict.category or before.crisis)
        later = before.crisis_turns > 0
        text = (
            variant.later[(before.crisis_turns - 1) % len(variant.later)] if later and variant.later else variant.first
        )
        support = Support(Level.URGENT, variant.first, self._lines(turn.region, variant.purposes), turn.region)
        after = replace(
            before, turn=before.turn + 1, crisis=variant.category, crisis_turns=before.crisis_turns + 1, calm=0
        )
        return CrisisReply(
            text=text, support=support, suggestions=(), context=self._signer.write(after),
            why=Why(verdict.words, 1.0, 0.0, (), (("log-odds above the threshold", verdict.score),), turn.screens),
            category=variant.category, variant=variant, later=later,
        )  # fmt: skip

    def variant(self, category: str) -> CrisisVariant:
        """Return the crisis reply for *category*, else the general one, else the built-in one."""
        variants = self.knowledge.crisis.variants
        return variants.get(category) or variants.get("general") or lifeline.VARIANT

    def _keep_help(self, turn: _Turn, reply: Reply) -> Reply:
        """Keep help in view, in other words, on the turns after a crisis reply."""
        before = turn.context
        if not before.crisis_turns or before.calm >= HELP_STAYS:
            return reply
        variant = self.variant(before.crisis)
        line = (
            variant.later[(before.crisis_turns + before.calm) % len(variant.later)] if variant.later else variant.first
        )
        level = Level.PROFESSIONAL if reply.support.level in (Level.NONE, Level.GENTLE) else reply.support.level
        return replace(reply, support=Support(level, line, self._lines(turn.region, variant.purposes), turn.region))

    def _region(self, wanted: str) -> Region:
        regions = self.knowledge.regions
        for id in (wanted.upper(), self._default_region, "WORLD"):
            if id in regions:
                return regions[id]
        return next(iter(regions.values()), lifeline.REGION)

    def _lines(self, region: Region, purposes: tuple[str, ...]) -> tuple[HelpLine, ...]:
        wanted = purposes or ("crisis",)
        ranked = sorted(
            (line for line in region.lines if line.purpose in wanted), key=lambda line: wanted.index(line.purpose)
        )
        rest = [line for line in region.lines if line.purpose == "crisis" and line not in ranked]
        return tuple((ranked + rest)[:MAX_RESOURCES]) or lifeline.REGION.lines

    # everything else

    def _answer(self, turn: _Turn) -> Reply:
        engine = self.engine
        tokens = words(turn.folded)
        if engine.retriever is None or engine.confidence is None or not tokens:
            return self._abstain(turn, None, None, 0.0)
        ranking = engine.retriever.rank(turn.utterance, turn.encoder)
        p = _outcomes(engine.confidence.probabilities(ranking.signals), follows=bool(turn.context.cited))
        leaning = bool(turn.context.cited) and _leans(tokens)
        if turn.context.cited and self._is_follow_up(p, tokens):
            return self._follow_up(turn, ranking, p)
        if leaning and p["answer"] < 0.8 and p["smalltalk"] < 0.5:
            blended = self._blend(turn, ranking, p)
            if blended is not None:
                return blended
        if p["smalltalk"] >= max(p["answer"], p["clinical"], p["unknown"]) or (
            p["smalltalk"] > 0.3 and p["smalltalk"] + p["followup"] > 0.5 and len(tokens) <= 6
        ):
            return self._small_talk(turn, ranking, p)
        if p["clinical"] >= max(MIN_CLINICAL, CLINICAL_SHARE * p["answer"]) and engine.retriever.recognises(tokens):
            return self._clinical(turn, ranking, p)
        if p["answer"] >= MIN_CONFIDENCE:
            return self._cite(turn, ranking, p["answer"])
        return self._abstain(turn, ranking, p, p["answer"])

    def _is_follow_up(self, p: dict[str, float], tokens: list[str]) -> bool:
        return len(tokens) <= 12 and p["followup"] >= max(p["answer"], p["clinical"], p["smalltalk"], p["unknown"], 0.4)

    def _follow_up(self, turn: _Turn, ranking: Ranking, p: dict[str, float]) -> Reply:
        last = [self.knowledge.passages[i] for i in turn.context.cited if i in self.knowledge.passages]
        best = ranking.of(FOLLOW_UP)
        if not last or not best:
            return self._abstain(turn, ranking, p, p["answer"])
        kind = best[0].id
        shown = last[0]
        fresh = [self.knowledge.passages[r] for r in shown.related if r not in turn.context.cited]
        match kind:
            case "simpler" | "repeat":
                chosen, text, opening = shown, shown.simpler or shown.text, ""
            case "first" | "second" | "other-one":
                chosen = self._one_of(kind, last) or next(iter(fresh), shown)
                text, opening = chosen.text, ""
            case "more" | "example" | "why" if fresh:
                chosen, text, opening = fresh[0], fresh[0].text, ""
            case _:
                chosen, text, opening = shown, shown.text, wording.STANDS_HERE
        return self._say(turn, (Cited(chosen, text),), best[0], p["followup"], opening)

    def _one_of(self, which: str, last: list[Passage]) -> Passage | None:
        """Return the first, the second or the other of two: of those just shown, else of the places around."""
        shown = last[0]
        if len(last) > 1:
            return last[0] if which == "first" else last[1]
        section = [q for q in self.knowledge.passages.values() if _section(q) == _section(shown)]
        near = sorted((q for q in section if q.id in shown.related), key=lambda q: shown.related.index(q.id))
        places = sorted({q.locator for q in section}, key=lambda place: place.number)
        if which == "other-one":
            beside = [q for q in near if q.locator != shown.locator]
            others = [place for place in places if place != shown.locator]
            return beside[0] if beside else _main(section, others[0]) if len(others) == 1 else None
        two = near[:2]
        if len({q.locator for q in two}) == 2:  # it spoke of both
            return two[0] if which == "first" else two[1]
        return _main(section, places[0] if which == "first" else places[1]) if len(places) > 1 else None

    def _blend(self, turn: _Turn, ranking: Ranking, p: dict[str, float]) -> Reply | None:
        """Read a leaning utterance together with the passage last shown; none when that says nothing."""
        assert self.engine.retriever is not None
        assert self.engine.confidence is not None
        last = self.knowledge.passages.get(turn.context.cited[0])
        if last is None:
            return None
        together = self.engine.retriever.rank(f"{last.title}. {turn.utterance}")
        q = dict(zip(OUTCOMES, self.engine.confidence.probabilities(together.signals), strict=True))
        if p["clinical"] >= MIN_CLINICAL or (q["clinical"] > 0.5 and p["clinical"] > 0.2):
            return self._clinical(turn, together, q)
        known_gap = ranking.of(UNCOVERED)
        certain_gap = p["unknown"] > 0.75 and known_gap and known_gap[0].similarity > 0.5
        if certain_gap or q["answer"] + p["answer"] < 0.6:
            return None
        near = {last.id, *last.related} | {
            i for i, passage in self.knowledge.passages.items() if passage.locator.section == last.locator.section
        }
        alone = {c.id: c.score for c in ranking.of(PASSAGE)}
        ranked = sorted(
            together.of(PASSAGE),
            key=lambda c: -(c.score + 1.2 * alone.get(c.id, 0.0) + (CONTEXT_BONUS if c.id in near else 0.0)),
        )
        if not ranked:
            return None
        return self._say(turn, self._cited(ranked[:1]), ranked[0], max(q["answer"], p["answer"]), ranking=together)

    def _small_talk(self, turn: _Turn, ranking: Ranking, p: dict[str, float]) -> Reply:
        found = ranking.of(SMALL_TALK)
        kind = self.knowledge.small_talk[found[0].id] if found else next(iter(self.knowledge.small_talk.values()))
        text = kind.replies[turn.context.turn % len(kind.replies)]
        after = replace(turn.context, turn=turn.context.turn + 1, calm=turn.context.calm + 1)
        return SmallTalkReply(
            text, self._gentle(turn, None), self._starters(), self._signer.write(after),
            self._why(turn, ranking, found[0] if found else None, p["smalltalk"]),
        )  # fmt: skip

    def _clinical(self, turn: _Turn, ranking: Ranking, p: dict[str, float]) -> Reply:
        found = ranking.of(CLINICAL)
        kind = self.knowledge.clinical[found[0].id] if found else next(iter(self.knowledge.clinical.values()))
        passages = ranking.of(PASSAGE)
        related = self._cited(passages[:1]) if passages and passages[0].similarity > 0.45 else ()
        cited = tuple(c.passage.id for c in related) or turn.context.cited
        after = replace(turn.context, turn=turn.context.turn + 1, cited=cited, calm=turn.context.calm + 1)
        suggestions = tuple(c.passage.ask for c in related) or self._starters()
        return ClinicalReply(
            text=kind.reply, support=Support(Level.PROFESSIONAL, kind.professional), suggestions=suggestions[:MAX_SUGGESTIONS],
            context=self._signer.write(after), why=self._why(turn, ranking, found[0] if found else None, p["clinical"]),
            professional=kind.professional, bring=kind.bring, passages=related,
        )  # fmt: skip

    def _cite(self, turn: _Turn, ranking: Ranking, confidence: float) -> Reply:
        found = ranking.of(PASSAGE)
        if not found:
            return self._abstain(turn, ranking, None, confidence)
        halves = self._halves(turn.folded)
        if len({c.id for c in halves}) == 2:
            chosen = halves  # in the order in which they were asked
        else:
            chosen = [found[0], *(c for c in halves[:1] if c.id != found[0].id)]
        for rival in found[1:3]:
            place = self.knowledge.passages[rival.id].locator
            if (
                len(chosen) < 2
                and found[0].score - rival.score < NEAR_TIE
                and place != self.knowledge.passages[found[0].id].locator
            ):
                chosen.append(rival)
        return self._say(turn, self._cited(chosen), found[0], confidence, ranking=ranking)

    def _halves(self, folded: str) -> list[Candidate]:
        """Return the best passage of each question in a message with two, where each is sure."""
        assert self.engine.retriever is not None
        assert self.engine.confidence is not None
        parts = [part for part in _TWO.split(folded) if len(words(part)) >= 3]
        if len(parts) != 2:
            return []
        best = []
        for part in parts:
            ranking = self.engine.retriever.rank(part)
            found = ranking.of(PASSAGE)
            if found and self.engine.confidence.probabilities(ranking.signals)[0] >= MIN_PART:
                best.append(found[0])
        return best

    def _say(
        self,
        turn: _Turn,
        cited: tuple[Cited, ...],
        best: Candidate,
        confidence: float,
        opening: str = "",
        ranking: Ranking | None = None,
    ) -> Answer:
        ids = tuple(c.passage.id for c in cited)
        after = replace(turn.context, turn=turn.context.turn + 1, cited=ids, choices=(), calm=turn.context.calm + 1)
        text = "\n\n".join(([opening] if opening else []) + [c.text for c in cited])
        suggestions = [
            self.knowledge.passages[r].ask
            for c in cited for r in c.passage.related
            if r in self.knowledge.passages and r not in ids and r not in turn.context.cited
        ]  # fmt: skip
        return Answer(
            text=text, support=self._gentle(turn, cited[0].passage),
            suggestions=tuple(dict.fromkeys(suggestions))[:MAX_SUGGESTIONS], context=self._signer.write(after),
            why=self._why(turn, ranking, best, confidence), passages=cited, opening=opening,
        )  # fmt: skip

    def _abstain(self, turn: _Turn, ranking: Ranking | None, p: dict[str, float] | None, confidence: float) -> Reply:
        after = replace(turn.context, turn=turn.context.turn + 1, calm=turn.context.calm + 1)
        passages = [self.knowledge.passages[c.id] for c in ranking.of(PASSAGE)] if ranking else []
        gaps = ranking.of(UNCOVERED) if ranking else ()
        why = self._why(turn, ranking, gaps[0] if gaps else None, confidence) if ranking else None
        if passages and confidence >= MIN_CHOICE and (p is None or p["clinical"] < MIN_CLINICAL):
            choices = tuple(passages[:3])
            after = replace(after, choices=tuple(c.id for c in choices), cited=tuple(c.id for c in choices[:1]))
            return Clarification(
                wording.DID_YOU_MEAN, self._gentle(turn, None), tuple(c.ask for c in choices),
                self._signer.write(after), why, choices=choices,
            )  # fmt: skip
        topic = self.knowledge.uncovered.get(gaps[0].id) if gaps and gaps[0].similarity > 0.4 else None
        near = tuple(self.knowledge.passages[i] for i in topic.near) if topic else ()
        title = next(iter(self.knowledge.sources.values())).title if len(self.knowledge.sources) == 1 else ""
        text = wording.does_not_say(title, topic.about if topic else "", opening=topic.opening if topic else "")
        suggestions = tuple(n.ask for n in near) or self._starters()
        if near:
            after = replace(after, cited=tuple(n.id for n in near))
        return Abstention(
            text, self._gentle(turn, near[0] if near else None), suggestions[:MAX_SUGGESTIONS], self._signer.write(after),
            why, near=near, about=topic.about if topic else "",
        )  # fmt: skip

    # parts of replies

    def _cited(self, candidates: list[Candidate] | tuple[Candidate, ...]) -> tuple[Cited, ...]:
        found = (self.knowledge.passages[c.id] for c in candidates)
        return tuple(Cited(p, p.text) for p in found)

    def _starters(self) -> tuple[str, ...]:
        return tuple(
            p.ask for p in list(self.knowledge.passages.values())[:: max(1, len(self.knowledge.passages) // 3)]
        )[:MAX_SUGGESTIONS]

    def _gentle(self, turn: _Turn, passage: Passage | None) -> Support:
        """Return a kind pointer that fits the topic or the feeling, another one each turn."""
        padded = f" {' '.join(words(turn.folded))} "
        topic = FEELINGS if any(w in padded for w in self._feelings) else (passage.topic if passage else "")
        pointer = self.knowledge.pointers.get(topic)
        if pointer is None or not pointer.lines:
            return Support()
        return Support(Level.GENTLE, pointer.lines[turn.context.turn % len(pointer.lines)])

    def _why(self, turn: _Turn, ranking: Ranking | None, best: Candidate | None, confidence: float) -> Why:
        candidates = tuple((c.id, round(c.score, 3)) for c in ranking.candidates[:5]) if ranking else ()
        signals: tuple[tuple[str, float], ...] = ()
        if ranking and self.engine.retriever:
            signals = tuple(
                zip(self.engine.retriever.signal_names, map(float, np.round(ranking.signals, 3)), strict=True)
            )
        return Why(
            best.phrasing if best else "",
            round(float(confidence), 3),
            MIN_CONFIDENCE,
            candidates,
            signals,
            turn.screens,
        )


def _section(passage: Passage) -> tuple[str, str]:
    return passage.citation.source, passage.locator.section


def _main(section: list[Passage], place: Locator) -> Passage:
    """Return the passage of *place* that others of its *section* point to most; ties by id."""
    pointed = Counter(r for q in section for r in q.related)
    return min((q for q in section if q.locator == place), key=lambda q: (-pointed[q.id], q.id))


def _outcomes(probabilities: np.ndarray, *, follows: bool) -> dict[str, float]:
    """Name the probabilities; where nothing was said before, there is nothing to follow up."""
    p = dict(zip(OUTCOMES, map(float, probabilities), strict=True))
    if not follows:
        left = 1 - p.pop("followup")
        p = {outcome: share / max(left, 1e-9) for outcome, share in p.items()} | {"followup": 0.0}
    return p


def _screens(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    crisis = f"danger: {verdict.category or 'kind not clear'}" if verdict.danger else "no danger"
    return (("crisis", f"{crisis} ({verdict.score:+.1f} log-odds)"),)


def _leans(tokens: list[str]) -> bool:
    """Return whether an utterance may only make sense with the turn before."""
    start = " ".join(tokens[:2])
    opened = any(start == o or tokens[0] == o for o in _OPENERS)
    return opened or len(tokens) <= 3 or (len(tokens) <= ELLIPTIC_WORDS + 3 and bool(_LEANING.intersection(tokens)))
