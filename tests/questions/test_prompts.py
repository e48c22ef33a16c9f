"""Prompts as files: what is put into them, and what is not."""

from __future__ import annotations

from convsim.questions.data import data_of
from convsim.questions.prompts import Prompt, digest_of, short


def test_data_goes_in_last_and_is_never_a_template() -> None:
    data = data_of([{"text": "{id} {data} {turns}"}])
    task, asked = Prompt("Task.", "{id}: {turns}\n{data}").about(data, turns="1, 2")
    assert (task.role, task.content, asked.role) == ("system", "Task.", "user")
    assert asked.content == f'{data.id}: 1, 2\n{{"text":"{{id}} {{data}} {{turns}}"}}'


def test_a_prompt_is_read_from_its_file() -> None:
    prompt = Prompt.of("convsim.classifiers", "axes")
    assert prompt.asked.count("{data}") == 1
    assert "=====" not in prompt.task + prompt.asked
    assert prompt.size == len(prompt.text.encode()) - len("\n=====\n")


def test_the_digest_changes_with_the_words_and_with_the_code() -> None:
    code = [("quotes.py",)]
    one = digest_of(["a"], code)
    assert one == digest_of(["a"], code)
    assert len({one, digest_of(["b"], code), digest_of(["a"], [])}) == 3
    assert digest_of(["a"], []) == short(b"a")
