# gjj. `make demo` shows it, `make test` proves it; both do their own set-up.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all features bench snapshots check clean
MAKEFLAGS += --no-print-directory
unexport PYTHONDONTWRITEBYTECODE # the tests start hundreds of programs, which need not compile ours each time

PROFILE ?= baishan
WORKERS ?= 3
BIN := .venv/bin

help: ## 列出命令
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 16

setup: ## 建立 .venv 并安装锁定版本
	@tools/setup

demo: setup ## 演示：模拟中心与演示密钥，PROFILE=baishan|lyszfgjj|hangzhou|shaanxi|shanxi
	@$(BIN)/gjj demo --profile $(PROFILE)

test: setup check ## 全部检查与测试
	@tools/ensure-softhsm
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

test-all: setup check ## 同上，另含穷尽性的慢测试
	@tools/ensure-softhsm
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "slow or not slow"

features: setup ## 功能矩阵：哪一行在哪个中心已由测试证明
	@tools/ensure-softhsm
	@$(BIN)/python -m tools.features

bench: setup ## 与同类程序同场测量
	@$(BIN)/python -m benchmarks

snapshots: setup ## 重新画出各部件的画面（tests/tui/snapshots），SVG 在 build/snapshots
	@$(BIN)/python -m tests.tui.pictures build/snapshots

check: setup ## 只做静态检查
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

clean: ## 删除生成物（.venv 也删）
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
