"""Asking a model about texts that nobody trusts: the question, its data, and the answer.

What a conversation says is hostile data, and what a model says of it is a claim. So the data stands
between marks that it cannot forge (`data`), the answer is one strict JSON object or none
(`answers`), and what it claims is looked up in the text (`quotes`, `axes`). Whatever does not hold
is an `Abstention` with its reason:

    blocked       the provider blocked the question or the answer
    empty         the model said nothing
    truncated     its answer was cut short
    refused       it declined to answer
    malformed     its answer is not exactly one JSON object of the right form
    foreign       its answer names another id: it was copied out of the data, or made up
    unquotable    a quote does not stand in the reply
    inconsistent  what it says contradicts itself

A call that failed raises its `CallError`, as everywhere: it is no answer of any kind.
"""
