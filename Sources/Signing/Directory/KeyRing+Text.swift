/// The text of a ring: the file `index` of a key directory.
///
///     portcullis keys 1
///     next ES256 bPdU… 1763737200 - 3600
///     current ES256 x2Qm… 1763737200 - 3600
///
/// A line for each key: state, algorithm, identifier, since when, until when, and the lifetime of its signatures.
extension KeyRing {
  /// The most that there may be; far more than sensible rotations leave.
  static let countMax = 100

  private static let heading = "portcullis keys 1"

  var text: String {
    let lines = records.map { record in
      let until = record.until.map(String.init) ?? "-"
      return
        "\(record.state.rawValue) \(record.algorithm) \(record.identifier) \(record.since) \(until) \(record.lifetime)\n"
    }
    return Self.heading + "\n" + lines.joined()
  }

  /// - Throws: the error in the text, in words.
  init(text bytes: Span<UInt8>) throws(Flaw) {
    guard let text = String(validating: Self.array(bytes), as: UTF8.self), text.hasSuffix("\n") else {
      throw Flaw(message: "it was not written by this program")
    }
    var lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)[...]
    guard let heading = lines.popFirst(), heading == Self.heading else {
      let isNewer = text.hasPrefix("portcullis keys ")
      throw Flaw(message: isNewer ? "it was written by a newer version" : "it was not written by this program")
    }
    guard lines.count <= Self.countMax else { throw Flaw(message: "it names more than \(Self.countMax) keys") }
    var records: [KeyRecord] = []
    for (number, line) in lines.enumerated() {
      guard let record = KeyRecord(line) else { throw Flaw(message: "line \(number + 2) makes no sense") }
      records.append(record)
    }
    guard let ring = KeyRing(records: records) else {
      throw Flaw(message: "it must name one key that is 'next', one that is 'current', then those before")
    }
    self = ring
  }

  private static func array(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }

  struct Flaw: Error, Equatable {
    let message: String
  }
}

extension KeyRecord {
  fileprivate init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, let state = KeyState(rawValue: String(words[0])), Self.isWord(words[1]),
      Self.isWord(words[2]), let since = Self.number(words[3]), let lifetime = Self.number(words[5])
    else { return nil }
    let until = Self.number(words[4])
    guard until != nil || words[4] == "-" else { return nil }
    self.init(
      identifier: String(words[2]), algorithm: String(words[1]), state: state, since: since, until: until,
      lifetime: lifetime)
  }

  /// True for up to 128 letters, digits, `-` and `_`: they can be part of a file's name, and nothing else.
  static func isWord(_ text: Substring) -> Bool {
    (1...128).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
          || byte == 0x5F
      }
  }

  /// True for a name of the form that the gateway gives its keys: a thumbprint of SHA-256 (RFC 7638) in base64url.
  package static func isThumbprint(_ text: String) -> Bool { text.utf8.count == 43 && isWord(text[...]) }

  private static func number(_ text: Substring) -> Int? {
    guard text.utf8.count <= 15, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}
