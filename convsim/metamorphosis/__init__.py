"""What must not change a verdict, and what must: changes to a dialogue whose meaning is known.

Theory. No one knows the right verdict on an arbitrary conversation, but everybody knows that a
judge which is right says the same of it when the assistant thanks the user first. Such a pair is a
*metamorphic relation* (Chen, Cheung and Yiu 1998): the oracle is not one verdict but two that have
to agree, or have to differ. Relations that preserve the meaning show what a judge is distracted by;
relations that reverse it show that it listens at all, because a judge that always says the same is
perfectly stable. And a judge that is asked twice about the very same dialogue shows how much of all
this is noise.

    edits       changes to texts: bullets, typos, line ends
    subject     a base dialogue with the wordings that were written for it
    relations   the changes, by name
    measuring   pairs of verdicts -> the share that is as it should be, and what to make of it
"""
