import Bytes
import Cryptography

/// A refresh token: 256 random bits, which a client keeps as base64url.
///
/// The database knows it by its SHA-256 alone. What it was spent for is sealed under a key that is derived from the token: whoever reads
/// the database has neither.
package struct RefreshToken: Sendable {
  private let bytes: [UInt8]

  private static let byteCount = 32
  private static let purpose = Array("portcullis: the successor of a refresh token".utf8)

  /// Draws a new one.
  ///
  /// - Throws: ``AccountsError/cryptographyUnavailable``.
  static func make() throws(AccountsError) -> RefreshToken {
    RefreshToken(bytes: try asking { () throws(CryptographyError) in try SecureRandom.bytes(byteCount) })
  }

  /// Reads the text of one; nil for any text that can be none.
  package init?(_ text: String) {
    var bytes: [UInt8] = []
    guard text.utf8.count == 43, Base64URL.decode(text.utf8Span.span, into: &bytes), bytes.count == Self.byteCount
    else { return nil }
    self.bytes = bytes
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// The text for the client.
  package var text: String {
    var text = ByteBuffer(capacity: 48)
    Base64URL.encode(bytes.span, into: &text)
    return text.readable.text
  }

  /// The name under which the database has it.
  func hash() throws(AccountsError) -> [UInt8] {
    try Self.asking { () throws(CryptographyError) in try HashFunction.sha256.digest(of: bytes.span) }
  }

  /// Seals the token that takes this one's place.
  func seal(_ successor: RefreshToken) throws(AccountsError) -> [UInt8] {
    let key = try Self.asking { () throws(CryptographyError) in try self.key() }
    let message = successor.bytes
    return try Self.asking { () throws(CryptographyError) in try SealedMessage.seal(message.span, key: key.span) }
  }

  /// Opens what ``seal(_:)`` has made of the same token; nil for anything else.
  func open(_ sealed: [UInt8]) throws(AccountsError) -> RefreshToken? {
    let key = try Self.asking { () throws(CryptographyError) in try self.key() }
    guard let bytes = SealedMessage.open(sealed.span, key: key.span), bytes.count == Self.byteCount else { return nil }
    return RefreshToken(bytes: bytes)
  }

  /// The key for the successor: an HMAC, from which neither the token nor its hash can be told.
  private func key() throws(CryptographyError) -> [UInt8] {
    let authenticator = try HMAC(.sha256, key: bytes.span)
    var key = ByteBuffer(capacity: 32)
    try authenticator.authenticate(Self.purpose.span, into: &key)
    return key.readable.array
  }

  private static func asking(_ body: () throws(CryptographyError) -> [UInt8]) throws(AccountsError) -> [UInt8] {
    do throws(CryptographyError) {
      return try body()
    } catch {
      throw .cryptographyUnavailable
    }
  }
}

extension RefreshToken: CustomStringConvertible, CustomReflectable {
  package var description: String { "(a refresh token)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
