import Foundation
import Testing

/// The module that decides can do no input or output, and neither can anything that it is made of.
@Suite struct PurityTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Modules that reach outside: sockets, files, threads, the database.
  static let outside: Set = [
    "Files", "Transport", "TLS", "Accounts", "CSQLite", "HTTPClient", "Signing", "Observability", "IssuerKeys",
    "Endpoints",
    "Proxy",
    "Gateway", "portcullis",
  ]

  /// Modules of the toolchain that a module imports beside its targets.
  ///
  /// Of the C library, `Bytes` moves and compares memory; `Tokens` numbers tokens in one row for all threads.
  static let besides: [String: Set<String>] = ["Bytes": ["Glibc"], "Tokens": ["Synchronization"]]

  /// The modules of the manifest, each with those that it is given.
  static func manifest() throws -> [String: Set<String>] {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    var modules: [String: Set<String>] = [:]
    for match in text.matches(of: /module\(\s*"(\w+)",\s*uses: \[([^\]]*)\]/) {
      modules[String(match.1)] = Set(match.2.matches(of: /"(\w+)"/).map { String($0.1) })
    }
    return modules
  }

  /// Policy, and all that it stands on.
  static func foundations(_ modules: [String: Set<String>]) -> Set<String> {
    var found: Set<String> = []
    var next = ["Policy"]
    while let name = next.popLast() {
      if found.insert(name).inserted { next += modules[name] ?? [] }
    }
    return found
  }

  static func sources(of module: String) throws -> [(name: String, text: String)] {
    let folder = root.appending(path: "Sources/\(module)")
    let names = try #require(FileManager.default.enumerator(atPath: folder.path()))
    return try names.compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map {
      (name: "\(module)/\($0)", text: try String(contentsOf: folder.appending(path: $0), encoding: .utf8))
    }
  }

  @Test func `nothing that Policy stands on reaches outside`() throws {
    let modules = try Self.manifest()
    let found = Self.foundations(modules)
    #expect(found.isSuperset(of: ["Policy", "Configuration", "Tokens", "HTTP", "JSON", "Cryptography", "Bytes"]))
    #expect(found.isDisjoint(with: Self.outside), "\(found.intersection(Self.outside))")
  }

  @Test func `every file that it is made of imports what the manifest gives its module, and nothing else`() throws {
    let modules = try Self.manifest()
    for module in Self.foundations(modules) {
      guard let given = modules[module] else { continue }
      let sources = try Self.sources(of: module)
      #expect(!sources.isEmpty, "\(module) has no sources")
      let allowed = given.union(Self.besides[module] ?? [])
      for (name, text) in sources {
        for match in text.matches(of: Self.imports) {
          #expect(allowed.contains(String(match.1)), "\(name): \(match.0)")
        }
      }
    }
  }

  /// The names of all targets that sources are made of, in the manifest's order.
  static func layers() throws -> [String] {
    let text = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
    let targets = /(?:module\(|systemLibrary\(name: |\.target\(name: |executableTarget\(\s*name: )\s*"(\w+)"/
    return text.matches(of: targets).map { String($0.1) }
  }

  @Test func `a module is given only what stands above it, and imports only what it is given`() throws {
    let order = try Self.layers()
    let modules = try Self.manifest()
    #expect(modules.count >= 18)
    for (module, given) in modules {
      let place = try #require(order.firstIndex(of: module), "\(module)")
      #expect(given.isSubset(of: order[..<place]), "\(module): \(given.subtracting(order[..<place]))")
      var used: Set<String> = []
      for (name, text) in try Self.sources(of: module) {
        for match in text.matches(of: Self.imports) {
          used.insert(String(match.1))
          let imported = String(match.1)
          #expect(given.contains(imported) || !order.contains(imported), "\(name): \(match.0)")
        }
      }
      #expect(given.isSubset(of: used), "\(module) imports none of \(given.subtracting(used))")
    }
  }

  /// A line that imports a module or a part of one, with whatever attributes; the module's name.
  static var imports: Regex<(Substring, Substring)> {
    /(?m)^[ \t]*(?:@\w+(?:\([^)\n]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?import[ \t]+(?:(?:typealias|struct|class|enum|protocol|let|var|func)[ \t]+)?(\w+)/
  }

  @Test(arguments: [
    ("import Transport", "Transport"), ("internal import CSystem", "CSystem"),
    ("@preconcurrency package import Proxy", "Proxy"), ("@_spi(A) import struct Foundation.URL", "Foundation"),
    ("  import Glibc", "Glibc"),
  ])
  func `an import is seen in every form`(line: String, module: String) {
    #expect(("import Bytes\n\(line)\n").matches(of: Self.imports).map { String($0.1) } == ["Bytes", module])
  }

  /// The C that is in reach does no more than tell the processor what will be read.
  @Test func `of the C of this package, only prefetching is called`() throws {
    var called: Set<String> = []
    let modules = try Self.manifest()
    for module in Self.foundations(modules) where modules[module] != nil {
      for (_, text) in try Self.sources(of: module) {
        called.formUnion(text.matches(of: /csystem_\w+/).map { String($0.0) })
      }
    }
    #expect(called == ["csystem_prefetch"])
  }
}
