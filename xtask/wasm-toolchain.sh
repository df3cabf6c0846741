#!/usr/bin/env bash
# A Rust toolchain with a standard library for wasm32-unknown-unknown, for machines where rustup
# cannot fetch that target. It needs Debian's rustc-web, cargo-web, rust-web-src and lld-19, which
# install beside rustup, builds the standard library once (about a minute), and links the rest.
# A toolchain is for one strategy of panics: abort, or unwind where a Worker must outlive a mistake.
# Where code is to be small, so are the library's sorts and the like.
# usage: wasm-toolchain.sh DIR [unwind [small]]
# then: PATH=DIR/bin:$PATH cargo build --target wasm32-unknown-unknown
set -euo pipefail
mkdir -p "${1:?usage: wasm-toolchain.sh DIR [unwind]}"
dir=$(cd "$1" && pwd)
panic=${2:-abort}
level=3 features=()
if [ "${3:-}" = small ]; then
    level='"z"' features=(-Z build-std-features=panic-unwind,optimize_for_size)
fi
target=wasm32-unknown-unknown
host=$(/usr/bin/rustc -vV | sed -n 's/^host: //p')
libs=$dir/lib/rustlib
rm -rf "$dir/bin" "$dir/lib" "$dir/build"
mkdir -p "$dir/bin" "$libs/$target/lib" "$libs/$host/bin" "$dir/build/src"

# 1. An empty crate, so that cargo has something to build the standard library for.
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[profile.release]\npanic = "%s"\nopt-level = %s\n' \
    "$panic" "$level" >"$dir/build/Cargo.toml"
: >"$dir/build/src/lib.rs"

# 2. Bitcode stays in the libraries, or link-time optimisation of what uses them fails.
(cd "$dir/build" && env -u RUSTUP_TOOLCHAIN PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Cembed-bitcode=yes -Cpanic=$panic" CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 \
    /usr/bin/cargo build --release -Z build-std=std,panic_abort,panic_unwind \
    "${features[@]}" --target "$target" --target-dir out)

# 3. Keep the standard library's own files, wherever this cargo puts them.
find "$dir/build/out/$target" \( -name '*.rlib' -o -name '*.rmeta' \) ! -name 'libempty*' \
    -exec cp {} "$libs/$target/lib/" \;

# 4. The host's library by link (build scripts need it), and a linker where rustc looks for one.
ln -s "/usr/lib/rustlib/$host/lib" "$libs/$host/lib"
ln -s "$(command -v lld-19)" "$libs/$host/bin/rust-lld"
for tool in rustc rustdoc; do
    printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$dir" >"$dir/bin/$tool"
done
ln -s /usr/bin/cargo "$dir/bin/cargo"
chmod +x "$dir/bin/rustc" "$dir/bin/rustdoc"
rm -rf "$dir/build"
"$dir/bin/rustc" --print target-libdir --target "$target"
