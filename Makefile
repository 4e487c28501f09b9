# The two commands of a newcomer are `make demo` and `make test`; both do all their set-up and are quick the second time.
.SUFFIXES:
.PHONY: help demo test torture check bench lock translations controls schema guide guide-run pictures

PYTHON = python3
BIN = .venv/bin
SOURCES := $(shell find src forms -type f ! -name "*.pyc")
BENCHMARKS = help fill pdf acts verify log archive
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate

help:
	@echo 'make demo          install, then make the demonstration workspace in demo/'
	@echo 'make test          install what the tests need, then run them all'
	@echo 'make torture       every byte, every kill, every cut: the long form of tests that CI runs in a short one (hours)'
	@echo 'make check         format, lint, types, layers'
	@echo 'make bench         measure against the budgets'
	@echo 'make translations  read the texts out of the sources, compile the catalogue'
	@echo 'make controls      write docs/controls.md anew from the sources'
	@echo 'make schema        write docs/form.schema.json anew from the grammar of forms'
	@echo 'make pictures      draw every shipped form, blank and filled, on sheets in build/pictures (takes minutes)'
	@echo 'make guide         write the reference of the guide anew from the commands'
	@echo 'make guide-run     run every command of the guide and put in what it prints (takes minutes)'
	@echo 'make lock          pin all versions and hashes anew'

demo: .venv/demo.stamp
	@if [ -e demo/recordkeeper.toml ]; then \
		echo 'demo/ stands already; remove it to make it anew'; $(BIN)/recordkeeper --workspace demo status; \
	else \
		$(BIN)/recordkeeper demo demo; \
	fi

test: .venv/dev.stamp
	@sh tools/debian_packages.sh
	$(BIN)/python -m pytest -n 2 --dist worksteal

torture: .venv/dev.stamp
	RECORDKEEPER_TORTURE=long $(BIN)/python -m pytest -n 2 --dist worksteal -m torture

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy src tests tools benchmarks
	$(BIN)/lint-imports

bench: .venv/dev.stamp
	@for benchmark in $(BENCHMARKS); do $(BIN)/python -m "benchmarks.$$benchmark" || exit 1; done

lock: .venv/dev.stamp
	$(LOCK) pyproject.toml -o requirements/runtime.lock
	$(LOCK) pyproject.toml --group dev --all-extras -c requirements/runtime.lock -o requirements/dev.lock
	$(LOCK) --group pyproject.toml:build -c requirements/dev.lock -o requirements/build.lock

translations: .venv/dev.stamp
	$(BIN)/python tools/translations.py update

controls: .venv/dev.stamp
	$(BIN)/python tools/controls.py update

schema: .venv/dev.stamp
	$(BIN)/python tools/form_schema.py

pictures: .venv/dev.stamp
	$(BIN)/python tools/contact_sheet.py build/pictures

guide: .venv/dev.stamp
	$(BIN)/python tools/guide.py update

guide-run: .venv/dev.stamp
	$(BIN)/python tools/guide.py run

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv .venv

# An installation for development serves the demonstration as well: it runs the sources as they stand.
.venv/demo.stamp: .venv/bin/python requirements/build.lock requirements/runtime.lock pyproject.toml $(SOURCES)
	@if [ -e .venv/dev.stamp ]; then \
		$(MAKE) .venv/dev.stamp; \
	else \
		sh tools/install.sh runtime; \
	fi
	@touch $@

.venv/dev.stamp: .venv/bin/python requirements/build.lock requirements/dev.lock pyproject.toml
	sh tools/install.sh dev
	@touch $@
