# make           build build/dispatch
# make demo      install what is missing, build, deliver the example events to a local receiver
# make test      install what is missing, build as the developers do, run the tests, within ten minutes
# make check     what make test leaves out: format, man pages, floors, the long tests, sanitizers, the corpora of the fuzz targets
# make install   program, man pages and completions, below PREFIX and DESTDIR
# make bench     measure the speed table of tests/bench, in a quarter of an hour; FULL=1 with ten million events,
#                HTTP_CLIENT=direct or libcurl with that client
# make style     format, man pages, floors, phrases: a part of make check
# make lint      that and static analysis, which takes most of an hour
# make soak      what takes long: load for minutes and many more trials; MINUTES=30 for the longest
# make asan      every test with the address and undefined-behaviour sanitizers
# make tsan      every test with the thread sanitizer
# make fuzz      search for inputs that break a promise, FUZZ_SECONDS for each target

PREFIX ?= /usr/local
BUILD ?= build
MINUTES ?= 30
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60

# The Debian packages, by what needs them: the program; its tests; lint; the benchmark; the fuzz targets. Of prometheus
# the tests use promtool alone; where services are started, systemctl disable --now prometheus ends the server.
PACKAGES := build-essential cmake ninja-build ccache pkg-config \
  libcli11-dev libcurl4-openssl-dev libnghttp2-dev libsqlitecpp-dev libsqlite3-dev libtbb-dev libspdlog-dev libfmt-dev \
  libexpected-dev libsimdjson-dev libssl-dev zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libmicrohttpd-dev libxxhash-dev libjq-dev
TEST_PACKAGES := $(PACKAGES) doctest-dev mandoc prometheus
STYLE_PACKAGES := clang-format mandoc
LINT_PACKAGES := clang-tidy
BENCH_PACKAGES := $(TEST_PACKAGES) openssl valgrind
# What the program is compared with. These are unpacked and not installed: to install them starts a service.
PEER_PACKAGES := syslog-ng-core syslog-ng-mod-http
FUZZ_PACKAGES := clang libclang-rt-14-dev

# $(CONFIGURE) NAME: as the preset of that name in CMakePresets.json says.
CONFIGURE = cmake -DCMAKE_INSTALL_PREFIX=$(PREFIX) --preset
CTEST = ctest --output-on-failure --no-tests=error
# The label long is for `make check`, the label soak for `make soak`. Many tests wait more than they compute, so more of
# them run at a time than there are processors.
TEST_JOBS ?= $(shell expr 2 \* $(JOBS))
TESTS = $(CTEST) -LE 'long|soak' -j $(TEST_JOBS) --test-dir

.PHONY: all deps test-deps bench-deps fuzz-deps demo test check style lint install bench soak asan tsan fuzz clean

all:
	@$(CONFIGURE) release -B $(BUILD)
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

test-deps:
	$(call install-missing,$(TEST_PACKAGES))

bench-deps:
	$(call install-missing,$(BENCH_PACKAGES))

fuzz-deps:
	$(call install-missing,$(TEST_PACKAGES) $(FUZZ_PACKAGES))

demo: deps
	@$(MAKE) --no-print-directory all
	@examples/demo $(BUILD)/dispatch

test: test-deps
	@$(CONFIGURE) dev -B $(BUILD)
	@cmake --build $(BUILD) -j $(JOBS)
	@$(TESTS) $(BUILD)

check: test-deps style
	@$(CONFIGURE) dev -B $(BUILD)
	@cmake --build $(BUILD) --target all -j $(JOBS)
	@$(CTEST) -L long -j $(TEST_JOBS) --test-dir $(BUILD)

style:
	$(call install-missing,$(STYLE_PACKAGES))
	@git ls-files '*.hpp' '*.cpp' | xargs clang-format --dry-run -Werror
	@mandoc -T lint -W warning man/*.[1-9]
	@tests/floors/check .
	@tests/phrases/check .

# clang-tidy cannot read the headers that g++ has precompiled, and takes each source by itself. Each header too is
# compiled by itself.
lint: test-deps style
	$(call install-missing,$(LINT_PACKAGES))
	@$(CONFIGURE) lint
	@cmake --build build-lint --target all_verify_interface_header_sets -j $(JOBS)
	@git ls-files 'src/*.cpp' | xargs -P $(JOBS) -n 4 clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p build-lint

install: all
	@cmake --build $(BUILD) --target completions -j $(JOBS)
	@cmake --install $(BUILD)

bench: bench-deps
	@$(CONFIGURE) dev -B $(BUILD)
	@cmake --build $(BUILD) --target dispatch run_bench -j $(JOBS)
	$(unpack-peers)
	@$(BUILD)/tests/bench/run_bench --dispatch $(BUILD)/dispatch --syslog-ng $(PEERS) $(if $(FULL),--full) \
	  $(if $(HTTP_CLIENT),--http-client $(HTTP_CLIENT))

# Where syslog-ng is: installed, or unpacked below the build.
PEERS = $(if $(wildcard /usr/sbin/syslog-ng),/,$(BUILD)/peers)
define unpack-peers
	@if [ $(PEERS) != / ] && [ ! -x $(PEERS)/usr/sbin/syslog-ng ]; then \
	  echo "unpacking into $(PEERS): $(PEER_PACKAGES)"; \
	  mkdir -p $(PEERS)/archives/partial && \
	  apt-get install -qq -y --no-install-recommends --download-only -o Debug::NoLocking=1 \
	    -o Dir::Cache::archives=$(abspath $(PEERS))/archives $(PEER_PACKAGES) >/dev/null && \
	  find $(PEERS)/archives -name '*.deb' -exec dpkg -x {} $(PEERS) ';' \
	  || echo "cannot be downloaded: $(PEER_PACKAGES)"; \
	fi
endef

soak: fuzz-deps
	@$(CONFIGURE) dev -B $(BUILD)
	@cmake --build $(BUILD) --target all soak_programs -j $(JOBS)
	@DISPATCH_SOAK_MINUTES=$(MINUTES) $(CTEST) -L soak --verbose --test-dir $(BUILD)

asan: test-deps
	@$(CONFIGURE) asan
	@cmake --build build-asan --target all fuzz_replays -j $(JOBS)
	@ASAN_OPTIONS=quarantine_size_mb=16 UBSAN_OPTIONS=print_stacktrace=1 \
	  LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/leaks.supp \
	  $(CTEST) -LE soak -j2 --test-dir build-asan

tsan: test-deps
	@$(CONFIGURE) tsan
	@cmake --build build-tsan --target all -j $(JOBS)
	@TSAN_OPTIONS=second_deadlock_stack=1:suppressions=$(CURDIR)/tests/support/races.supp \
	  $(CTEST) -LE soak -j2 --test-dir build-tsan

fuzz: fuzz-deps
	@$(CONFIGURE) dev -B $(BUILD) -DDISPATCH_FUZZ_SECONDS=$(FUZZ_SECONDS)
	@$(CTEST) -R '^fuzz: soak ' -j2 --test-dir $(BUILD)

clean:
	@rm -rf build build-asan build-fuzz build-lint build-tsan
