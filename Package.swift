// swift-tools-version: 6.2
// The targets stand in layer order: each may import only what stands above it, so this list is the picture of the architecture.
import PackageDescription

let language: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

/// The sources answer for their memory; tests need not.
let strict = language + [.strictMemorySafety()]

func module(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, swiftSettings: language)
}

let package = Package(
  name: "portcullis",
  targets: [
    // 0: C, headers only
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev", "pkg-config"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev", "pkg-config"])]),
    .target(name: "CSystem"),
    // 1
    module("Bytes", uses: []),
    // 2
    module("JSON", uses: ["Bytes"]),
    module("Cryptography", uses: ["Bytes", "COpenSSL"]),
    module("HTTP", uses: ["Bytes", "Cryptography"]),
    module("Files", uses: []),
    module("Transport", uses: ["Bytes", "CSystem"]),
    // 3
    module("Tokens", uses: ["Bytes", "JSON", "Cryptography", "CSystem"]),
    module("Configuration", uses: ["Bytes", "JSON", "HTTP", "Tokens"]),
    module("Accounts", uses: ["Bytes", "Files", "Cryptography", "Configuration", "CSQLite"]),
    module("TLS", uses: ["Bytes", "Cryptography", "Transport", "COpenSSL"]),
    module("HTTPClient", uses: ["Bytes", "HTTP", "Transport", "TLS"]),
    module("Signing", uses: ["Bytes", "Files", "Cryptography", "Transport", "Configuration", "Tokens"]),
    // 4: the decision, which can do no input or output
    module("Policy", uses: ["Bytes", "JSON", "Cryptography", "HTTP", "Tokens", "Configuration"]),
    // 5: the shell around it
    module("Observability", uses: ["Bytes", "JSON", "HTTP", "Transport", "Configuration", "Tokens", "Policy"]),
    module(
      "IssuerKeys",
      uses: [
        "Bytes", "JSON", "HTTP", "Transport", "Configuration", "Tokens", "TLS", "HTTPClient", "Signing",
        "Observability",
      ]),
    module(
      "Endpoints",
      uses: [
        "Bytes", "JSON", "HTTP", "Files", "Cryptography", "Transport", "Configuration", "Tokens", "Accounts",
        "Signing", "Policy", "Observability",
      ]),
    module(
      "Proxy",
      uses: [
        "Bytes", "JSON", "HTTP", "Cryptography", "Transport", "Configuration", "Tokens", "Accounts", "TLS",
        "HTTPClient", "Signing", "Policy", "Observability", "IssuerKeys", "Endpoints",
      ]),
    // 6: the process
    module(
      "Gateway",
      uses: [
        "Bytes", "JSON", "HTTP", "Files", "Transport", "Configuration", "Tokens", "TLS", "HTTPClient", "Signing",
        "Policy", "Observability", "IssuerKeys", "Endpoints", "Proxy",
      ]),
    // 7
    .executableTarget(
      name: "portcullis",
      dependencies: [
        "Bytes", "HTTP", "Cryptography", "Transport", "Configuration", "Tokens", "Accounts", "Signing", "Policy",
        "IssuerKeys", "Endpoints", "Proxy", "Gateway",
      ],
      swiftSettings: strict),

    // Shared by several of the test targets; in no product.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: language),
    tests("Bytes"),
    tests("JSON", uses: ["Bytes"]),
    tests("HTTP", uses: ["Bytes"]),
    tests("Cryptography", uses: ["Bytes"]),
    tests("Transport", uses: ["Bytes"]),
    tests("Configuration", uses: ["Bytes", "JSON", "HTTP", "Tokens"]),
    tests("Tokens", uses: ["Bytes", "JSON", "Cryptography"]),
    tests("Files"),
    tests("Accounts", uses: ["Bytes", "Cryptography", "Configuration", "CSQLite"]),
    tests("TLS", uses: ["Bytes", "Transport"]),
    tests("Policy", uses: ["Bytes", "JSON", "Cryptography", "HTTP", "Tokens", "Configuration"]),
    tests("HTTPClient", uses: ["Bytes", "HTTP", "Transport", "TLS"]),
    tests("Signing", uses: ["Bytes", "JSON", "Files", "Cryptography", "Configuration", "Tokens"]),
    tests("Observability", uses: ["Bytes", "JSON", "HTTP", "Transport", "Configuration", "Tokens", "Policy"]),
    tests("IssuerKeys", uses: ["JSON", "HTTP", "Transport", "Configuration", "Tokens", "Observability"]),
    tests(
      "Endpoints",
      uses: ["Bytes", "JSON", "HTTP", "Transport", "Configuration", "Tokens", "Accounts", "Policy", "Observability"]),
    tests(
      "Proxy",
      uses: [
        "Bytes", "JSON", "HTTP", "Cryptography", "Transport", "Configuration", "Tokens", "Accounts", "Policy",
        "Observability", "Endpoints",
      ]),
    tests("Gateway", uses: ["JSON", "Transport", "Configuration", "Observability", "Proxy"]),
    // The engine whole: with scripted peers, and in worlds that a seed decides.
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "TestSupport", "Bytes", "JSON", "HTTP", "Cryptography", "Transport", "Configuration", "Tokens", "Policy",
        "Observability", "IssuerKeys", "Proxy", "Gateway",
      ], swiftSettings: language),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzer of Tests/Fuzz needs libFuzzer's main function, so it is a target only where that is asked for.
if Context.environment["PORTCULLIS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Bytes", "JSON", "HTTP", "Cryptography", "Configuration", "Tokens", "Accounts", "TLS", "HTTPClient", "Policy",
        "IssuerKeys",
      ],
      path: "Tests/Fuzz/Targets", swiftSettings: language))
}
