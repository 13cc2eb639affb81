"""What is learnt from a folder, and what a folder goes by that has few judged questions."""

from __future__ import annotations

from assistant.dialogue import Dialogue
from assistant.encoder import shipped_encoder
from assistant.engine import OUTCOMES, shipped_confidence
from assistant.knowledge import load
from assistant.replies import kind
from assistant.retrieval import Entry, Retriever
from tests.folders import small


def test_a_small_folder_of_its_own_answers_what_it_knows_and_nothing_else(tmp_path):
    small(tmp_path / "own")
    talk = Dialogue.build(load(tmp_path / "own"))
    asked = {
        "Which famous tower stands in Paris?": "unknown",
        "should I take melatonin": "clinical",
        "How do I fix a dripping tap?": "unknown",
    }
    assert {q: kind(talk.respond(q)) for q in asked} == asked
    own = [p.ask for p in talk.knowledge.passages.values()]
    assert {kind(talk.respond(q)) for q in own} == {"answer"}


def test_an_outcome_without_a_group_is_never_the_answer():
    naps = Entry("naps", "passage", ("is a short nap good for me", "how long should I nap", "nap or no nap"))
    retriever = Retriever([naps], shipped_encoder())
    chances = shipped_confidence(retriever).probabilities(retriever.rank("do I have to take this pill").signals)
    never = [OUTCOMES.index(outcome) for outcome in ("clinical", "smalltalk", "followup")]
    assert chances[never].max() < 1e-6


def test_many_questions_in_one_go_are_ranked_as_each_alone(dialogue):
    retriever = dialogue.engine.retriever
    asked = ["can an old brain still learn?", "what is synaptic pruning", "hello", "should I take melatonin"]
    for question, together in zip(asked, retriever.rank_each(asked), strict=True):
        alone = retriever.rank(question)
        assert together.candidates[0].id == alone.candidates[0].id
        assert abs(together.candidates[0].score - alone.candidates[0].score) < 1e-3
