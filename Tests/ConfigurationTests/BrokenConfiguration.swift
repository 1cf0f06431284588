import Testing

/// A configuration with errors, and all that is said of it, exactly.
struct BrokenConfiguration: Sendable, CustomTestStringConvertible {
  /// Where the text belongs; it begins on the second line of a file, unless it is the whole.
  enum Frame {
    case whole
    case top
    case route
  }

  let frame: Frame
  let text: String
  let messages: [String]

  init(_ frame: Frame, _ text: String, says messages: [String]) {
    self.frame = frame
    self.text = text
    self.messages = messages
  }

  var testDescription: String { text }

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
