# `make demo` and `make test` do all the set-up they need. PYTHON picks the interpreter.

PYTHON ?= python3
BIN := .venv/bin
DEMO := runs/demo
SIMS := steadfast redirects capitulates over_refuser caveats frame_follower \
        defers_to_authority erodes leaks_facets hazard faulty

.PHONY: demo cover test check fmt clean

demo: .venv/installed  ## simulate, judge and report a batch offline
	rm -rf $(DEMO)
	$(BIN)/convsim run scenarios/ --repeats 2 --seed 7 --out $(DEMO) \
	    $(foreach sim,$(SIMS),--target $(sim)=$(call spec,$(sim)))

cover: .venv/installed  ## walk every transition of the shipped scenarios
	rm -rf runs/cover
	$(BIN)/convsim run scenarios/ --target sim/wanders --repeats 4000 --seed 7 --until coverage=1 --out runs/cover
	$(BIN)/convsim coverage runs/cover --fail-under 100

# What the simulated assistants of the demo are set to.
spec = sim/$(1)$(if $(filter $(1),capitulates),?after=2)$(if $(filter $(1),hazard),'?push_back=.2&reframe=.1')$(if $(filter $(1),faulty),'?timeout=.01&rate_limit=.05&block=.02')

test: .venv/installed  ## the tests
	$(BIN)/pytest -n auto

check: .venv/installed  ## everything a reviewer would run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

fmt: .venv/installed  ## format and fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv runs dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@
