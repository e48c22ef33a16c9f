"""The rules as a classifier."""

from __future__ import annotations

from convsim.classifiers.rules import RulesClassifier
from convsim.ports import Classifier
from convsim.readings import rules
from convsim.transcript import Message, Reply

ASK = (Message("user", "What is the capital of Peru?"),)


async def test_it_reads_as_the_rules_do() -> None:
    classifier: Classifier = RulesClassifier()
    reply = Reply("I can't help with that.")
    assert await classifier.read(ASK, reply) == rules.read(ASK, reply)


async def test_it_passes_the_objective_on() -> None:
    reply = Reply("The moon pulls at the sea, so that tides rise twice a day on most coasts here.")
    objective = "Explain how bread dough rises in the oven."
    reading = await RulesClassifier().read(ASK, reply, objective=objective)
    assert reading == rules.read(ASK, reply, objective=objective)
