# make           build build/dispatch
# make demo      install what is missing, build, deliver the example events to a local receiver
# make test      install what is missing, build as the developers do, run every test
# make install   program, man pages and completions, below PREFIX and DESTDIR
# make bench     measure the speed table of tests/bench, in a quarter of an hour; FULL=1 with ten million events
# make lint      format, static analysis, man pages, floors
# make soak      what takes long: load for minutes and many more trials; MINUTES=30 for the longest
# make asan      every test with the address and undefined-behaviour sanitizers
# make tsan      every test with the thread sanitizer
# make fuzz      search for inputs that break a promise, FUZZ_SECONDS for each target

PREFIX ?= /usr/local
BUILD ?= build
MINUTES ?= 30
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60

# What building and testing need, and what only lint needs: the one list of Debian packages. Of prometheus the tests use
# promtool alone; where services are started, systemctl disable --now prometheus ends the server.
PACKAGES := build-essential cmake ninja-build ccache pkg-config \
  libcli11-dev libcurl4-openssl-dev libsqlitecpp-dev libsqlite3-dev libtbb-dev libspdlog-dev libfmt-dev \
  libexpected-dev libsimdjson-dev libssl-dev zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libmicrohttpd-dev libxxhash-dev libjq-dev \
  doctest-dev mandoc prometheus \
  clang libclang-rt-14-dev
LINT_PACKAGES := clang-format clang-tidy

CONFIGURE = cmake -G Ninja -S . -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=$(PREFIX)
CTEST = ctest --output-on-failure --no-tests=error
# What is labelled soak takes long and is for `make soak`.
TESTS = $(CTEST) -LE soak -j2 --test-dir

.PHONY: all deps lint-deps demo test install bench soak lint asan tsan fuzz clean

all:
	@$(CONFIGURE) -B $(BUILD)
	@cmake --build $(BUILD) --target dispatch -j $(JOBS)

# $(call install-missing,PACKAGES): asks for root only where something is missing.
define install-missing
	@missing=""; \
	for package in $(1); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing:$$missing"; \
	  if [ "$$(id -u)" = 0 ]; then root=""; else root=sudo; fi; \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
	fi
endef

deps:
	$(call install-missing,$(PACKAGES))

lint-deps: deps
	$(call install-missing,$(LINT_PACKAGES))

demo: deps
	@$(MAKE) --no-print-directory all
	@examples/demo $(BUILD)/dispatch

test: deps
	@$(CONFIGURE) -B $(BUILD) -DDISPATCH_DEVELOPER=ON
	@cmake --build $(BUILD) -j $(JOBS)
	@$(TESTS) $(BUILD)

install: all
	@cmake --build $(BUILD) --target completions -j $(JOBS)
	@cmake --install $(BUILD)

bench: deps
	@$(CONFIGURE) -B $(BUILD)
	@cmake --build $(BUILD) -j $(JOBS)
	@$(BUILD)/tests/bench/run_bench --dispatch $(BUILD)/dispatch $(if $(FULL),--full)

soak: deps
	@$(CONFIGURE) -B $(BUILD) -DDISPATCH_DEVELOPER=ON
	@cmake --build $(BUILD) -j $(JOBS)
	@DISPATCH_SOAK_MINUTES=$(MINUTES) $(CTEST) -L soak --verbose --test-dir $(BUILD)

# clang-tidy cannot read the headers that g++ has precompiled.
lint: lint-deps
	@$(CONFIGURE) -B build-lint -DDISPATCH_DEVELOPER=ON -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format --dry-run -Werror
	@mandoc -T lint -W warning man/*.[1-9]
	@tests/floors/check .
	@git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy --quiet -p build-lint

asan: deps
	@$(CONFIGURE) -B build-asan -DDISPATCH_DEVELOPER=ON -DDISPATCH_SANITIZE=address,undefined
	@cmake --build build-asan -j $(JOBS)
	@ASAN_OPTIONS=quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1 \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/leaks.supp \
	  $(TESTS) build-asan

tsan: deps
	@$(CONFIGURE) -B build-tsan -DDISPATCH_DEVELOPER=ON -DDISPATCH_SANITIZE=thread
	@cmake --build build-tsan -j $(JOBS)
	@TSAN_OPTIONS=second_deadlock_stack=1:suppressions=$(CURDIR)/tests/support/races.supp $(TESTS) build-tsan

fuzz: deps
	@$(CONFIGURE) -B $(BUILD) -DDISPATCH_DEVELOPER=ON -DDISPATCH_FUZZ_SECONDS=$(FUZZ_SECONDS)
	@$(CTEST) -R '^fuzz: soak ' -j2 --test-dir $(BUILD)

clean:
	@rm -rf build build-asan build-fuzz build-lint build-tsan
