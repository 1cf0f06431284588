import Bytes
import Cryptography

/// Names that nobody guesses: 128 random bits as base64url.
enum RandomIdentifier {
  /// - Throws: ``AccountsError/cryptographyUnavailable``.
  static func make() throws(AccountsError) -> String {
    while true {
      let bytes = try random()
      var text = ByteBuffer(capacity: 32)
      Base64URL.encode(bytes.span, into: &text)
      // One that looks like an option could not be given to a command.
      if text.readable.array.first != UInt8(ascii: "-") { return text.readable.text }
    }
  }

  private static func random() throws(AccountsError) -> [UInt8] {
    do throws(CryptographyError) {
      return try SecureRandom.bytes(16)
    } catch {
      throw .cryptographyUnavailable
    }
  }
}
