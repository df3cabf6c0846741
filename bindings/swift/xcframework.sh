#!/bin/bash
# Makes kalendsFFI.xcframework beside the package: the library for iOS, its simulator and macOS, with
# the generated header. On a Mac with Xcode and rustup; `cargo xtask bindings swift package` calls it.
set -euo pipefail
cd "$(dirname "$0")/../.."
generated=target/bindings/swift
build=target/bindings/xcframework

rm -rf "$build" bindings/swift/kalendsFFI.xcframework
mkdir -p "$build/headers"
cp "$generated/kalendsFFI.h" "$build/headers/"
cp "$generated/kalendsFFI.modulemap" "$build/headers/module.modulemap"
cp "$generated/kalends.swift" "$generated/Contract.swift" bindings/swift/Sources/Kalends/

library() {
    rustup target add "$1" >&2
    cargo build --quiet --profile dist --package kalends-ffi --lib --target "$1" >&2
    echo "${CARGO_TARGET_DIR:-target}/$1/dist/libkalends_ffi.a"
}

# One library for both kinds of Mac, as an XCFramework has one for each system.
both() {
    mkdir -p "$build/$1"
    lipo -create "$(library "$2")" "$(library "$3")" -output "$build/$1/libkalends_ffi.a"
    echo "$build/$1/libkalends_ffi.a"
}

xcodebuild -create-xcframework \
    -library "$(library aarch64-apple-ios)" -headers "$build/headers" \
    -library "$(both simulator aarch64-apple-ios-sim x86_64-apple-ios)" -headers "$build/headers" \
    -library "$(both macos aarch64-apple-darwin x86_64-apple-darwin)" -headers "$build/headers" \
    -output bindings/swift/kalendsFFI.xcframework
