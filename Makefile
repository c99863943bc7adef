# Two commands are all that a newcomer needs: `make site` and `make test`. Each sets up what it lacks.

# A worker that has nothing left takes over tests of the other: what a file sets up is rarely set up twice.
PYTEST_ARGS ?= -n 2 --dist worksteal --durations 10 --durations-min 10

# With this set, each of hundreds of short processes would compile our modules once more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help site serve test test-all plugins images test-hosts test-versions check fuzz soak bench schema engines commands constraints clean

help:
	@echo 'make site    build the site, with every snippet run, into site/'
	@echo 'make serve   live preview on a port of this machine'
	@echo 'make test    what to type before a commit: under twelve minutes on two processors'
	@echo 'make test-all    everything that CI checks: half an hour'
	@echo 'make check   the part of both that needs no engine and no browser'
	@echo 'make fuzz    ten thousand cases of whatever pages say and programs print'
	@echo 'make soak    200 runs that are interrupted, 50 builds of which 20 are killed, 500 containers: half an hour'
	@echo 'make test-hosts   the sandbox on another kind of host, which qemu emulates: an hour or two'
	@echo 'make test-versions   the tests without an engine on each Python that is here, with the newest and the oldest packages'
	@echo 'make bench   what snippetrun costs, and the page that says so; pages that stop a build; news told from noise'
	@echo 'make clean   remove site/, and what dead runs left on the engine; images stay, and snippetrun clean --all removes them'

site:
	@tools/setup site
	SNIPPETRUN_MODE=run .venv/bin/mkdocs build --strict

serve:
	@tools/setup site
	.venv/bin/mkdocs serve

# What is marked `slow` is left to CI, and so are images that only it needs.
QUICK ?= and not slow
test-all: export QUICK =
test-all: export IMAGES = all

# An environment and images, which mostly wait for disks and other machines, are made while the checks compute.
test test-all:
	@tools/setup test
	@$(MAKE) --no-print-directory --jobs 3 check plugins images
	@tools/setup browser
	.venv/bin/pytest $(PYTEST_ARGS) -m '(engine or browser) $(QUICK)' tests/site tests/engine tests/browser  # the longest first

plugins:
	@tools/setup plugins

images:
	@tools/setup test
	PYTHONPATH=tests .venv/bin/python tests/helpers/images.py $(IMAGES)

test-hosts:
	@tools/test-hosts

test-versions:
	@tools/test-versions

check:
	@tools/setup test
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	.venv/bin/pytest -q $(PYTEST_ARGS) -m 'not engine and not browser $(QUICK)'

soak:
	@tools/setup test
	SNIPPETRUN_FAULTS=100 SNIPPETRUN_BUILDS=50 SNIPPETRUN_CONTAINERS=500 .venv/bin/pytest -v tests/engine/test_faults_life.py tests/engine/test_faults_sandbox.py

fuzz:
	@tools/setup test
	SNIPPETRUN_FUZZ=10000 .venv/bin/pytest -q -n 2 tests/unit/test_fuzz.py tests/unit/test_faults_recordings.py

bench:
	@tools/setup test
	@tools/setup bench
	.venv-bench/bin/python benchmarks/bench.py --json benchmarks/figures.json
	.venv-bench/bin/python benchmarks/page.py
	PYTHONPATH=tests .venv/bin/python benchmarks/trees.py
	.venv/bin/python benchmarks/sameness.py --runs 10 --busy 4

schema:
	@tools/setup test
	PYTHONPATH=tests .venv/bin/python tests/helpers/schema.py

engines:
	@tools/setup test
	PYTHONPATH=tests .venv/bin/python tests/helpers/engine_table.py

commands:
	@tools/setup test
	PYTHONPATH=tests .venv/bin/python tests/helpers/command_page.py

constraints:
	@tools/setup test
	.venv/bin/pip list --format freeze --exclude snippetrun --exclude pip | sed '1i # The versions that we test with; pyproject.toml has the ranges. Renew: make constraints' > constraints.txt

clean:
	@tools/setup site
	.venv/bin/snippetrun clean
	rm -rf site
