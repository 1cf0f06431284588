import Testing

/// A configuration with errors, and all that is said of it, exactly.
struct BrokenConfiguration: Sendable, CustomTestStringConvertible {
  /// The object that the text belongs to; it begins on the second line of a file, unless it is the whole.
  enum Frame {
    case whole
    case top
    case route
  }

  let frame: Frame
  let text: String
  var messages: [String] = []

  var testDescription: String { text }

  /// The cases of a table: the text of each, followed by its messages, marked with an arrow.
  static func cases(_ frame: Frame, _ table: String) -> [BrokenConfiguration] {
    var cases: [BrokenConfiguration] = []
    var lines: [Substring] = []
    for line in table.split(separator: "\n", omittingEmptySubsequences: false) {
      if !line.hasPrefix("→ ") {
        lines.append(line)
        continue
      }
      if !lines.isEmpty { cases.append(BrokenConfiguration(frame: frame, text: lines.joined(separator: "\n"))) }
      lines = []
      cases[cases.count - 1].messages.append(String(line.dropFirst(2)))
    }
    return cases
  }

  var file: String {
    switch frame {
    case .whole: text
    case .top:
      """
      { "listen": ["127.0.0.1:8080"], "routes": [{ "exact": "/", "auth": "none", "respond": { "status": 200 } }],
      \(text)
      }
      """
    case .route:
      """
      { "listen": ["127.0.0.1:8080"], "auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "s" }] }, "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } }, "routes": [{ "exact": "/u", "upstream": "u" },
      \(text)
      ]}
      """
    }
  }
}
