import Foundation
import Testing

/// The module that decides can do no input or output.
@Suite struct PurityTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `no file of Policy imports anything that reaches outside`() throws {
    let allowed: Set = ["Bytes", "JSON", "HTTP", "Tokens", "Configuration"]
    let folder = Self.root.appending(path: "Sources/Policy")
    let names = try #require(FileManager.default.enumerator(atPath: folder.path()))
    var count = 0
    for case let name as String in names where name.hasSuffix(".swift") {
      count += 1
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        guard let place = words.firstIndex(of: "import"), place < 2 else { continue }
        #expect(allowed.contains(words.last ?? ""), "\(name): \(line)")
      }
    }
    #expect(count > 10)
  }

  @Test func `the manifest gives Policy nothing that reaches outside`() throws {
    let manifest = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    let line = try #require(manifest.split(separator: "\n").first { $0.contains("module(\"Policy\"") })
    for name in ["Transport", "TLS", "CSystem", "Accounts", "Proxy", "Cryptography"] { #expect(!line.contains(name)) }
  }
}
