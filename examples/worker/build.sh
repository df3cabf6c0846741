#!/bin/sh
# Builds the Worker into build/, small, and so that panics unwind: an object then answers a mistake with
# an error and goes on. On Debian the tools are those that `cargo xtask worker measure` put together;
# elsewhere rustup's nightly builds the standard library for it.
set -eu
cd "$(dirname "$0")"
# Without names of functions: worker-build keeps those that it finds.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=z CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
export CARGO_PROFILE_RELEASE_STRIP=symbols
tools=$(cd ../.. && pwd)/.tools/worker
if [ -x "$tools/rust-small/bin/rustc" ]; then
  export PATH="$tools/rust-small/bin:$tools/bin:$PATH" RUSTC="$tools/rust-small/bin/rustc"
  export RUSTFLAGS=-Cpanic=unwind CARGO_PROFILE_RELEASE_PANIC=unwind
  export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}/worker"
  npm="$tools/npm/node_modules/.bin"
  export WASM_BINDGEN_BIN="$tools/bin/wasm-bindgen" WASM_OPT_BIN="$npm/wasm-opt" ESBUILD_BIN="$npm/esbuild"
  exec worker-build --release
fi
command -v worker-build > /dev/null || cargo install --quiet worker-build@0.8.7
rustup toolchain install nightly --profile minimal --component rust-src --target wasm32-unknown-unknown
exec rustup run nightly worker-build --release --panic-unwind . -- -Zbuild-std-features=panic-unwind,optimize_for_size
