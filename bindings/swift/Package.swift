// swift-tools-version:6.0
import PackageDescription

// On Apple's systems the library comes as an XCFramework, which `xcframework.sh` makes. Elsewhere
// it is found in `lib`, where `cargo xtask bindings swift test` puts it.
#if os(Linux)
let library: [Target] = [
    .target(
        name: "kalendsFFI",
        path: "Sources/KalendsFFI",
        linkerSettings: [
            .unsafeFlags(["-L\(Context.packageDirectory)/lib"]),
            .linkedLibrary("kalends_ffi"),
        ]
    ),
]
#else
let library: [Target] = [.binaryTarget(name: "kalendsFFI", path: "kalendsFFI.xcframework")]
#endif

let package = Package(
    name: "Kalends",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Kalends", targets: ["Kalends"])],
    targets: library + [
        // The generated code is of the language's mode before the sixth; apps may be in any.
        .target(name: "Kalends", dependencies: ["kalendsFFI"], swiftSettings: [.swiftLanguageMode(.v5)]),
        .executableTarget(name: "Federate", dependencies: ["Kalends"]),
        // A process that tests kill in the middle of a sync.
        .executableTarget(name: "Killable", dependencies: ["Kalends"], path: "Tests/Killable"),
        .testTarget(name: "KalendsTests", dependencies: ["Kalends", "Killable"]),
    ]
)
