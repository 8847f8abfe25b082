# Elbow from a shell: `make help` lists the targets. CMake does the building; this file only spares the typing, and
# installs what is missing before the first build.

BUILD ?= release
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
PREFIX ?= /usr/local
EXPERIMENTS := $(sort $(basename $(notdir $(wildcard experiments/*.json))))
SWEEPS := $(sort $(basename $(notdir $(wildcard experiments/sweeps/*.json))))

# One build tree for each kind of build, so that going from one to another compiles nothing twice.
build_dir := build$(if $(filter-out release,$(BUILD)),-$(BUILD))
configure_release := -DCMAKE_BUILD_TYPE=Release
configure_debug := -DCMAKE_BUILD_TYPE=Debug
configure_sanitize := -DCMAKE_BUILD_TYPE=Debug -DELBOW_NATIVE=OFF -DELBOW_SANITIZE=address,undefined
configure_thread := -DCMAKE_BUILD_TYPE=Debug -DELBOW_NATIVE=OFF -DELBOW_SANITIZE=thread -DELBOW_PROGRAM=OFF
configure_portable := -DCMAKE_BUILD_TYPE=Release -DELBOW_PORTABLE=ON
configure_arm64 := -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake
configure_fuzz := -DCMAKE_BUILD_TYPE=Debug -DELBOW_NATIVE=OFF -DELBOW_TESTS=OFF -DELBOW_PROGRAM=OFF -DELBOW_FUZZ=ON \
  -DCMAKE_CXX_COMPILER=clang++
configure := $(configure_$(BUILD))
ifeq ($(configure),)
$(error BUILD=$(BUILD): release, portable, arm64, debug, sanitize, thread or fuzz)
endif
ifeq ($(CUDA),1)
build_dir := $(build_dir)-cuda
configure += -DELBOW_CUDA=ON
else ifeq ($(CUDA),emulated)
build_dir := $(build_dir)-emulated
configure += -DELBOW_CUDA=emulated
else ifneq ($(filter-out 0,$(CUDA)),)
$(error CUDA=$(CUDA): 1, emulated or 0)
endif
# What gpu-check packs for another machine is not for this one's processor alone.
ifeq ($(filter gpu-check,$(MAKECMDGOALS))$(shell uname -m),gpu-checkx86_64)
configure += $(if $(shell nvidia-smi -L 2>/dev/null),,-DELBOW_ARCH=x86-64-v3)
endif
# How the tree was configured and for which folder, written after a successful configuration. If it differs from last time,
# the tree is configured again.
configured := $(build_dir)/configured-with.txt
configure := $(strip $(configure) $(CMAKE_ARGS))
ifneq ($(file <$(configured)),$(CURDIR) $(configure))
.PHONY: $(configured)
endif
elbow := $(build_dir)/elbow
# An outer `make -j` shall not share its job slots with CMake's inner make, which gets JOBS.
no_make := env -u MAKEFLAGS -u MAKELEVEL
cmake := $(no_make) cmake

.PHONY: all help experiments mnist inpaint-mnist story deps test test-long gpu-check op bench profile docs docs-generated docs-site docs-serve format lint sanitize tsan fuzz install clean $(EXPERIMENTS) $(SWEEPS)
.DEFAULT_GOAL := all

all: $(configured) ## Build the library and the program (this is what plain `make` does)
	@[ -e $(elbow) ] || echo "Building Elbow; the first time takes about $$(((6 + $(JOBS) - 1) / $(JOBS))) min with $(JOBS) compilers at once"
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target elbow_program

help: ## List the targets
	@echo "Experiments: make NAME trains experiments/NAME.json into outputs/NAME, or into OUT=FOLDER. An earlier run in"
	@echo "outputs/NAME is kept under another name; a folder named by OUT= must be new, or ARGS=--force or ARGS=--resume."
	@for name in $(EXPERIMENTS); do \
	  text=$$(sed -n "s/^$$name: ## //p" Makefile); printf '  %-18s %s\n' $$name "$${text:-experiments/$$name.json}"; done
	@echo; echo "Other targets:"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
	  case " $(EXPERIMENTS) " in *" $$name "*) ;; *) printf '  %-18s %s\n' "$$name" "$$text" ;; esac; done
	@echo; echo "Variables:"
	@sed -nE 's/^#  ([A-Z]+=.*)/  \1/p' Makefile

#  QUICK=1            two epochs each on few rows, to see every figure: `make story`, `make inpaint` in 10 to 20 s, `make experiments` in 1 to 2 min
#  OUT=FOLDER         where an experiment writes
#  DATA=... SCHEMA=...  the files that `make table` reads
#  MNIST=FOLDER       the IDX files that `make mnist`, `make inpaint-mnist` and `make story` read
#  SEED=N             seed of all random numbers, instead of the experiment's
#  THREADS=N          number of threads
#  DEVICE=cpu|cuda    where to compute
#  ARGS='...'         further arguments of the program (of ctest for `make test`), as in ARGS='--set loss.beta=0.5'
#  OP=NAME            the op that `make op` tries: autograd/ops/NAME.cpp
#  EXPERIMENT=NAME    the experiment whose step `make profile` takes apart; by default baseline
#  CHAPTER=N          the chapter that `make tour` runs; SOLUTIONS=1: the solutions of its exercises
#  FIGURES=FOLDER     where `make tour` draws its figures; by default build/tour
#  PEERS=FOLDER       programs that `make bench` times in turns with Elbow (docs/commands.md), run by PYTHON=python3
#  BUILD=portable     build for every x86-64 processor, in build-portable
#  BUILD=arm64        build for 64-bit Arm on another machine, in build-arm64
#  BUILD=debug        build for a debugger, in build-debug; BUILD=sanitize is what `make sanitize` builds
#  CUDA=1             build for the GPU as well, in build-cuda; CUDA=emulated: with an emulated GPU, for tests
#  TIME=SECONDS       how long `make fuzz` gives bytes to each reader
#  JOBS=N             compilers at once; by default one for each core
#  DEPS=no            do not look for missing packages

# ---- experiments ----------------------------------------------------------------------------------------------------
baseline: ## Two independent unit Gaussians
baseline-original: ## `baseline` with the settings of the original study
baseline-4d: ## Four independent unit Gaussians
baseline-6d: ## Six independent unit Gaussians
projected: ## Two Gaussian dimensions projected to eight
projected-original: ## `projected` with the settings of the original study
projected-2to4: ## Two projected to four
projected-4to8: ## Four projected to eight
projected-tuned: ## `projected` with better-tuned settings
projected-mask: ## `projected` with half of the entries missing
correlated: ## Four correlated Gaussians
gaussian: ## Eight correlated Gaussians, the recipe for any Gaussian set: linear maps given the mask
swissroll: ## The swiss roll
swissroll-mask: ## The swiss roll, where half of the rows have missing entries
swissroll-augmented: ## The swiss roll with the radius as a fourth column, residual layers
dense-swissroll: ## The swiss roll, densely connected layers, two epochs as in the original
dense-swissroll-long: ## The same until it converges
residual-swissroll: ## The swiss roll, residual layers, 60 epochs (minutes)
circles: ## Two circles, one within the other
moons: ## Two half-moons
blobs: ## Three round clusters
s-curve: ## A sheet bent into an S
fashion: ## Fashion-MNIST, conditioned on the label (another IDX folder: ARGS='--set data.path=FOLDER')
fashion-conv: ## Coloured Fashion-MNIST, convolutions, conditioned on class and colour (minutes)
fashion-conv-labels: ## The same with a learned prior, a flow, so that labels are obeyed (minutes)
mnist: ## `fashion-conv` for MNIST: MNIST=FOLDER with its four IDX files, plain or .gz
inpaint: ## Fashion-MNIST with holes, filled several times, with PSNR and likelihood (minutes)
inpaint-mnist: ## The same for binary images of MNIST=FOLDER (minutes)
features-2: ## Two real columns of a latent factor model
features: ## A wide table of a latent factor model: 1 binary, 102 real, 3 categorical features
table: ## Your own table: DATA=FILE.csv SCHEMA=FILE.json (docs/tables.md); by default a small example

flags = $(if $(SEED),--seed $(SEED)) $(if $(THREADS),--threads $(THREADS)) $(if $(DEVICE),--device $(DEVICE)) $(ARGS)

table: flags += $(if $(DATA)$(SCHEMA),$(and $(call given,DATA),$(call given,SCHEMA),--set 'data.path=$(DATA)' --set 'data.schema=$(SCHEMA)'))
given = $(or $($1),$(error make table needs both DATA=FILE.csv and SCHEMA=FILE.json: $1 is missing))

# A look at the pictures, not at what the model can do.
ifneq ($(filter-out 0,$(QUICK)),)
inpaint inpaint-mnist: OUT = outputs/quick/$@
inpaint inpaint-mnist: flags += $(if $(findstring command,$(origin OUT)),,--force) --set data.train_rows=2000 \
  --set data.test_rows=400 --set training.epochs=2 --set evaluation.draws=1 --set evaluation.inpaint_samples=20
endif

$(EXPERIMENTS): %: all
	@OUT='$(OUT)' scripts/run_experiment.sh $(elbow) $@ $(flags)

# Not among $(EXPERIMENTS), because its data do not come with the packages.
mnist: all
	@OUT='$(OUT)' CONFIG=experiments/own-data/mnist.json scripts/run_experiment.sh $(elbow) $@ \
	  --set 'data.path=$(or $(MNIST),$(error make mnist needs MNIST=FOLDER, the folder of its four IDX files))' $(flags)

inpaint-mnist: all
	@OUT='$(OUT)' CONFIG=experiments/own-data/inpaint-mnist.json scripts/run_experiment.sh $(elbow) $@ \
	  --set 'data.path=$(or $(MNIST),$(error make inpaint-mnist needs MNIST=FOLDER, the folder of its four IDX files))' $(flags)

# Three trainings and a page.
story: all ## AE, VAE and CVAE with two latents on one page (docs/story.md), of Fashion-MNIST or of MNIST=FOLDER (minutes)
	@OUT='$(OUT)' QUICK='$(QUICK)' THREADS='$(THREADS)' DEVICE='$(DEVICE)' scripts/run_story.sh $(elbow) \
	  $(if $(MNIST),--set 'data.path=$(MNIST)') $(flags)

# The first chapters need a compiler alone: no CMake is asked for before a program that includes Elbow's headers.
.PHONY: tour tour-program
tour: ## Build and run the programs of docs/tour, a book of twelve chapters, in order; CHAPTER=5: one of them
	@SOLUTIONS='$(SOLUTIONS)' FIGURES='$(FIGURES)' scripts/tour.sh '$(MAKE)' $(build_dir) $(CHAPTER)
tour-program: $(configured)
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target tour_$(PROGRAM)

# Each takes as long as all the others together.
ALONE := fashion-conv fashion-conv-labels inpaint
# These take minutes. They come first, so that no core is left with one of them at the end.
LONG := residual-swissroll features dense-swissroll-long swissroll-augmented
experiments: all ## Run all experiments but `inpaint` and the convolutional ones, and show every figure on one page; QUICK=1: two epochs each on few rows, in outputs/quick
	@JOBS='$(JOBS)' QUICK='$(QUICK)' ARGS='$(filter-out --threads $(THREADS),$(flags))' \
	  scripts/run_experiments.sh $(elbow) $(LONG) $(filter-out $(ALONE) $(LONG),$(EXPERIMENTS))

# The sweeps of experiments/sweeps (docs/sweeps.md). One that was stopped goes on with the same command.
sweep-beta: ## The weight of the KL from 0.1 to 4 on `baseline`: all latents are inactive at 2
gaussian-sets: ## `gaussian` on 20 random Gaussian sets, three seeds each
sweep-settings: ## What the settings of `baseline` gain over the original study's, with three seeds

quick := $(filter-out 0,$(QUICK))
quick_sweep := $(if $(quick),--set training.epochs=2 --set evaluation.draws=2 --set loss.kl_warmup_steps=1000)

$(SWEEPS): %: all
	@$(elbow) sweep experiments/sweeps/$@.json --out '$(or $(OUT),outputs/$(if $(quick),quick/)$@)' $(quick_sweep) \
	  $(if $(SEED),--set seed=$(SEED)) $(if $(THREADS),--threads $(THREADS)) $(ARGS)

# ---- building, testing ----------------------------------------------------------------------------------------------
deps: ## Install the packages that are missing (Debian and Ubuntu; through sudo unless root)
ifneq ($(DEPS),no)
	@scripts/dependencies.sh install build $(filter arm64,$(BUILD))
endif

# The build tree of a copied or moved checkout would still build the folder that it was made for.
$(configured): | deps
	@home=$$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' $(build_dir)/CMakeCache.txt 2>/dev/null); \
	  [ -z "$$home" ] || [ "$$home" -ef . ] || { echo "$(build_dir) was made for $$home: starting over"; rm -rf $(build_dir); }
ifeq ($(BUILD),arm64)
	@scripts/arm64_sysroot.sh build-arm64/sysroot
endif
	@$(cmake) -S . -B $(build_dir) $(configure)
	@echo '$(CURDIR) $(configure)' >$@

# The sanitizers see in the other tests what the slow ones run.
ctest = $(no_make) ctest --test-dir $(build_dir) --output-on-failure --parallel $(JOBS)
not_tested := long$(if $(filter sanitize,$(BUILD)),|slow)

test: $(configured) ## Build and run all tests but the long ones; with CUDA=emulated, those of the GPU
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target $(if $(filter emulated,$(CUDA)),device_tests,all)
	@$(ctest) --label-exclude '$(not_tested)' $(ARGS)

test-long: $(configured) ## Build and run the tests that take longest, which `make test` leaves out
	@$(cmake) --build $(build_dir) --parallel $(JOBS)
	@$(ctest) --label-regex long $(ARGS)

# On a machine with a card; elsewhere it packs what a card's machine needs, to be run there (gpu-check/run.sh).
gpu-check: $(configured) ## With CUDA=1: all checks that need a GPU, and the times next to PyTorch's; docs/results/gpu-*.md
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target elbow_program device_checks
	@scripts/gpu_check.sh pack $(build_dir) gpu-check
	@if nvidia-smi >/dev/null 2>&1; then gpu-check/run.sh docs/results; else echo "no card here: copy gpu-check and run gpu-check/run.sh"; fi

op: $(if $(wildcard $(OP:%=autograd/ops/%.cpp)),$(configured)) ## Compile one op by itself and run its tests (seconds): make op OP=gelu
	@JOBS='$(JOBS)' scripts/op.sh $(build_dir) $(OP)

bench: all ## Time the steps of five experiments, next to the floor of their arithmetic and to PEERS=FOLDER (minutes)
	@PYTHONDONTWRITEBYTECODE=1 python3 scripts/bench.py $(elbow) $(if $(THREADS),--threads $(THREADS)) \
	  $(if $(PEERS),--peers '$(PEERS)') $(if $(PYTHON),--python '$(PYTHON)') $(ARGS)

profile: all ## What each op of a training step takes: make profile EXPERIMENT=features
	@$(elbow) bench step experiments/$(or $(EXPERIMENT),baseline).json --profile --steps 50 $(if $(THREADS),--threads $(THREADS)) $(ARGS)

docs: docs-generated ## Bring docs/ up to date, and build it as a site that is read without a network
	@$(MAKE) --no-print-directory docs-site
docs-generated: $(configured) ## Write what is generated of docs/: ops.md, the table of all ops, and configuration.schema.json
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target elbow_docs

docs-site: ## Only the site, in build/site: compiles nothing, takes seconds
ifneq ($(DEPS),no)
	@scripts/dependencies.sh install docs
endif
	@python3 docs/site/build.py build/site
docs-serve: docs-site ## Build the site and show it at http://localhost:8000, or at PORT=N, until Ctrl-C
	@python3 -m http.server --directory build/site --bind localhost $(or $(PORT),8000)

format: ## Format the C++ sources (clang-format 14)
	@scripts/format.sh

lint: $(configured) ## Check format, layering and common mistakes (clang-tidy; takes minutes)
ifneq ($(DEPS),no)
	@scripts/dependencies.sh install lint
endif
	@scripts/lint.sh $(build_dir)

sanitize: ## Build with AddressSanitizer and UBSan in build-sanitize, and run the fast tests
	@$(MAKE) --no-print-directory test BUILD=sanitize ARGS='$(ARGS)'

tsan: ## Build with ThreadSanitizer in build-thread, and run the test of what several threads may do
	@$(MAKE) --no-print-directory tsan-test BUILD=thread
tsan-test: $(configured)
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target test_threads
	@OMP_NUM_THREADS=3 $(build_dir)/test_threads

# With clang, which brings libFuzzer; the readers (tests/fuzz) and what they call are built for it.
fuzz: ## Give each reader of files and settings random bytes (those of SEED=N, if given) for TIME=600 seconds, and report what happened
ifneq ($(DEPS),no)
	@scripts/dependencies.sh install build fuzz
endif
	@command -v clang++ >/dev/null || { echo "make fuzz needs clang++ (Debian's package clang), and there is none" >&2; exit 2; }
	@$(MAKE) --no-print-directory fuzz-run BUILD=fuzz
fuzz-run: $(configured)
	@$(cmake) --build $(build_dir) --parallel $(JOBS) --target fuzz
	@JOBS='$(JOBS)' scripts/fuzz.sh $(build_dir) '$(or $(TIME),600)' '$(or $(SEED),0)'

install: all ## Install the library, its headers and the program under PREFIX=/usr/local
	@$(cmake) --install $(build_dir) --prefix '$(abspath $(PREFIX))'

clean: ## Remove what was built; outputs/ stays
	rm -rf build build-portable build-arm64 build-debug build-sanitize build-thread build-fuzz \
	  $(foreach cuda,cuda emulated,build-$(cuda) build-debug-$(cuda) build-sanitize-$(cuda))
