import Bytes
import JSON

/// A form in which a key is written down for programs to read.
///
/// A shared secret has none of them: a public key taken for a secret would let everyone sign who has read it.
package enum KeyForm: Sendable, Hashable {
  /// Text between `-----BEGIN …-----` and `-----END …-----` (RFC 7468), or the same with four dashes (RFC 4716).
  case pem
  /// A key, certificate or container of such in DER.
  case der
  /// A JWK, a JWK Set or a list of JWKs (RFC 7517).
  case jsonWebKey
  /// A line of OpenSSH's `.pub` and `authorized_keys` files, the bytes that its base64 stands for, or a private key of SSH programs.
  case ssh

  /// Recognises a key in the contents of a file, also behind a byte order mark, in UTF-16 and in base64; nil if there is none.
  ///
  /// Random bytes as long as the secrets of HS256, HS384 and HS512 are taken for a key less than once in 2³⁸ times.
  init?(of contents: Span<UInt8>) {
    let text = ByteOrderMark.text(behindMarkOf: contents)
    if let form = Self.form(of: contents, text.span) {
      self = form
    } else if let decoded = Self.decodedBase64(text.span),
      let form = Self.form(of: decoded.span, ByteOrderMark.text(behindMarkOf: decoded.span).span)
    {
      self = form
    } else {
      return nil
    }
  }

  /// The form with its article, for messages.
  package var words: String {
    switch self {
    case .pem: "a key in PEM"
    case .der: "a key in DER"
    case .jsonWebKey: "a JSON Web Key"
    case .ssh: "an SSH key"
    }
  }

  private static func form(of contents: Span<UInt8>, _ text: Span<UInt8>) -> KeyForm? {
    if DERKey.fills(contents) { return .der }
    if text.contains("-----BEGIN ") || text.contains("---- BEGIN ") { return .pem }
    if isJSONWebKey(text) { return .jsonWebKey }
    return SSHKey.isIn(text) ? .ssh : nil
  }

  /// Finds the members that make a JWK or a set of them, in text that begins like JSON.
  ///
  /// Their names count wherever they stand, whether the rest is well formed or not: other programs may be less strict.
  private static func isJSONWebKey(_ text: Span<UInt8>) -> Bool {
    guard let first = text.indices.first(where: { !text[$0].isBlank }) else { return false }
    guard text[first] == UInt8(ascii: "{") || text[first] == UInt8(ascii: "[") else { return false }
    if text.contains("\"kty\"") || text.contains("\"keys\"") { return true }
    do throws(JSONError) {
      // Here the names may be escaped.
      let value = try JSONReader.parse(text, limits: .file)
      return (value.array ?? [value]).contains { $0.object?["kty"] != nil || $0.object?["keys"] != nil }
    } catch {
      return false
    }
  }

  /// The bytes that a text in base64 of either alphabet stands for; nil for other text.
  private static func decodedBase64(_ text: Span<UInt8>) -> [UInt8]? {
    var digits: [UInt8] = []
    var isPadded = false
    for index in text.indices {
      switch text[index] {
      case let byte where byte.isBlank: continue
      case UInt8(ascii: "="): isPadded = true
      case _ where isPadded: return nil
      case UInt8(ascii: "+"): digits.append(UInt8(ascii: "-"))
      case UInt8(ascii: "/"): digits.append(UInt8(ascii: "_"))
      case let byte: digits.append(byte)
      }
    }
    var bytes: [UInt8] = []
    return Base64URL.decode(digits.span, into: &bytes) ? bytes : nil
  }
}

/// The mark that editors of some systems put in front of a text (Unicode, chapter 23.8).
enum ByteOrderMark {
  case utf8
  case utf16

  init?(at contents: Span<UInt8>) {
    if contents.starts(with: [0xEF, 0xBB, 0xBF].span) {
      self = .utf8
    } else if contents.count % 2 == 0,
      contents.starts(with: [0xFF, 0xFE].span) || contents.starts(with: [0xFE, 0xFF].span)
    {
      self = .utf16
    } else {
      return nil
    }
  }

  /// The bytes behind the mark, if there is one; of UTF-16 without the NUL that it puts beside each character of ASCII.
  static func text(behindMarkOf contents: Span<UInt8>) -> [UInt8] {
    switch ByteOrderMark(at: contents) {
    case .utf8: contents.extracting(3...).array
    case .utf16: contents.extracting(2...).array.filter { $0 != 0 }
    case nil: contents.array
    }
  }
}

extension UInt8 {
  /// True for a space, a tab and the characters of newlines.
  var isBlank: Bool {
    self == ASCII.space || self == ASCII.tab || self == ASCII.lineFeed || self == ASCII.carriageReturn
  }
}

extension Span<UInt8> {
  /// Searches the bytes for the literal, which isn't empty.
  func contains(_ literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    let first = unsafe literal.utf8Start.pointee
    var start = 0
    while let place = firstIndex(of: first, from: start), place <= count - length {
      if extracting(place..<(place + length)).equals(literal) { return true }
      start = place + 1
    }
    return false
  }
}
