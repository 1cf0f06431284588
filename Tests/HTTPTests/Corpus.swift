import Foundation
import Testing

/// One case of the wire corpus; see Tests/Corpus/README.md.
struct WireCase: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  /// The note in parentheses before the bytes.
  var note = ""
  var expected: [String]

  var testDescription: String { name }
}

enum Corpus {
  static let requests = load("requests") + load("smuggling") + load("hosts") + load("paths")
  static let responses = load("responses")
  static let chunks = load("chunks")
  static let proxyHeaders = load("proxy-headers")

  private static func load(_ file: String) -> [WireCase] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let url = folder.appending(path: "Corpus/http/\(file).txt")
    guard let text = try? String(contentsOf: url, encoding: .utf8) else {
      Issue.record("no corpus file \(url.path)")
      return []
    }
    return text.components(separatedBy: "\n### ").dropFirst().map(wireCase)
  }

  private static func wireCase(_ text: String) -> WireCase {
    var lines = text.components(separatedBy: "\n")
    var wire = WireCase(name: lines.removeFirst(), bytes: [], expected: [])
    let separator = lines.firstIndex(of: "---") ?? lines.endIndex
    for line in lines[..<separator] {
      if line.hasPrefix("(") {
        wire.note = String(line.dropFirst().dropLast())
      } else {
        wire.bytes += unescaped(line)
      }
    }
    wire.expected = lines[separator...].dropFirst().filter { !$0.isEmpty }
    return wire
  }

  static func unescaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let letter = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      switch letter {
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "x"):
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      default: bytes.append(letter)
      }
    }
    return bytes
  }

  static func escaped(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      switch byte {
      case 13: "\\r"
      case 10: "\\n"
      case 9: "\\t"
      case UInt8(ascii: "\\"): "\\\\"
      case 0x20..<0x7F: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }.joined()
  }
}
