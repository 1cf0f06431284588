import Bytes
import Cryptography

extension SharedSecret {
  /// A name for the secret that other programs may see: the `kid` of what is signed with it, the same as long as the secret is.
  ///
  /// It is made with the secret as a key, so it tells no more of it than any signature does.
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  package func identifier() throws(KeyError) -> String {
    let purpose = Array("portcullis key identifier".utf8)
    var tag = ByteBuffer(capacity: 32)
    do throws(CryptographyError) {
      try HMAC(.sha256, key: bytes.span).authenticate(purpose.span, into: &tag)
    } catch {
      throw .algorithmUnavailable(.hs256)
    }
    var text = ByteBuffer(capacity: 16)
    Base64URL.encode(tag.readable.extracting(first: 8), into: &text)
    return text.readable.text
  }
}
