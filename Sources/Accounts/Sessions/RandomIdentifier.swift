import Bytes
import Cryptography

/// Names that nobody guesses: 128 random bits as base64url.
enum RandomIdentifier {
  /// - Throws: ``AccountsError/cryptographyUnavailable``.
  static func make() throws(AccountsError) -> String {
    let bytes = try random()
    var text = ByteBuffer(capacity: 32)
    Base64URL.encode(bytes.span, into: &text)
    return text.readable.text
  }

  private static func random() throws(AccountsError) -> [UInt8] {
    do throws(CryptographyError) {
      return try SecureRandom.bytes(16)
    } catch {
      throw .cryptographyUnavailable
    }
  }
}
