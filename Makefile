# Two commands are all it takes: `make demo` and `make test`. Both install what they need and say so.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
SECONDS ?= 60
ENVIRONMENT ?=
ROUNDS ?= 500

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# What each package is for: FUSE itself, its headers and a compiler for pyfuse3 where there is no wheel,
# setfattr and getfattr, virtual environments, systemd-analyze for the test of the unit, and programs that the tests use.
PACKAGES := fuse3 libfuse3-dev pkg-config gcc libc6-dev python3 python3-dev python3-venv attr systemd \
	git make perl rsync sqlite3 unzip vim

.PHONY: audit bench bench-sizes bench-zone conformance demo test test-zone model-tests two-clients program-tests client-tests fuzz soak \
	install-system lint clean

demo: $(VENV)/installed
	$(BIN)/irodsfs demo $(ARGS)

test: $(VENV)/installed lint
	$(BIN)/pytest --numprocesses 2 $(ARGS)

# On the zone of an irods_environment.json, below its user's home.
test-zone: $(VENV)/installed
	@test -r '$(ENVIRONMENT)' || { echo 'Say which zone: make test-zone ENVIRONMENT=/path/to/irods_environment.json'; exit 2; }
	IRODSFS_TEST_ENVIRONMENT='$(abspath $(ENVIRONMENT))' $(BIN)/pytest --numprocesses 2 \
		$(addprefix tests/,catalog cli control grid mount transfer) $(ARGS)

model-tests: $(VENV)/installed
	IRODSFS_MODEL_EXAMPLES=2000 $(BIN)/pytest tests/filesystem/test_file_system_model.py
	IRODSFS_MODEL_EXAMPLES=200 $(BIN)/pytest --numprocesses 2 tests/mount/test_model.py $(ARGS)

two-clients: $(VENV)/installed
	IRODSFS_ROUNDS=$(ROUNDS) IRODSFS_MODEL_EXAMPLES=$(ROUNDS) $(BIN)/pytest --numprocesses 2 \
		tests/mount/test_two_clients*.py tests/mount/test_saving_together.py $(ARGS)

program-tests: $(VENV)/installed
	$(MAKE) install-system PACKAGES=fio
	$(BIN)/pytest --numprocesses 2 tests/mount/program_tests.py $(ARGS)

# Each target for so many seconds. pytest would keep each line of the log in memory until the end.
fuzz: $(VENV)/installed
	IRODSFS_FUZZ_SECONDS=$(SECONDS) $(BIN)/pytest --timeout 0 -p no:logging tests/fuzz $(ARGS)

# A mount under a mixed load, for so many seconds: what it takes, round by round.
soak: SECONDS := $(if $(filter command environment,$(firstword $(origin SECONDS))),$(SECONDS),1200)
soak: $(VENV)/installed
	IRODSFS_SOAK_SECONDS=$(SECONDS) $(BIN)/pytest --capture no tests/soak $(ARGS)

# What a real server was sent is sent to an embedded zone, and the answers are compared; ARGS=--verbose shows each.
conformance: $(VENV)/installed
	$(BIN)/python -m tests.sandbox.conformance $(ARGS)

client-tests: $(VENV)/installed
	$(BIN)/python tests/client/client_tests.py $(ARGS)

bench: $(VENV)/installed
	$(BIN)/python -m benchmarks $(ARGS)

bench-zone: $(VENV)/installed
	$(BIN)/python -m benchmarks.embedded_zone

bench-sizes: $(VENV)/installed
	$(BIN)/python -m benchmarks.crossover

# In an environment of its own, so that what the auditing program needs is not audited. It asks a service on the net.
audit: $(VENV)/installed
	test -x $(VENV)-audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)-audit && \
		$(VENV)-audit/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.7'; }
	PIPAPI_PYTHON_LOCATION=$(abspath $(BIN)/python) $(VENV)-audit/bin/pip-audit --skip-editable --progress-spinner off $(ARGS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy

install-system:
	@missing="$$(for package in $(PACKAGES); do \
		dpkg-query --show --showformat '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done)"; \
	[ -z "$$missing" ] && exit; \
	command -v apt-get >/dev/null || { echo "No apt-get here: install what Debian calls" $$missing; exit; }; \
	echo "Installing Debian packages:" $$missing; \
	$(SUDO) apt-get update --quiet && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $$missing

$(VENV)/installed: pyproject.toml | install-system
	@echo "Installing irodsfs and the Python packages it needs into $(VENV)"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m compileall -q irodsfs # as pip does for what is not editable: commands start faster
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-audit .mypy_cache .pytest_cache .ruff_cache
