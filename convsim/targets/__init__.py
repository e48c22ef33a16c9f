"""Assistants under test, and the models behind classifiers and judges: `reply(request)` each.

`spec` reads target strings, `wire` knows OpenAI's format; `http`, `via_litellm` and `functions` are
the adapters. Importing any of them imports no client: aiohttp and litellm wait for the first call.
"""
