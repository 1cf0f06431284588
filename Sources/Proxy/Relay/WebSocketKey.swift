import Bytes
import Cryptography

/// The answer of a server that has understood a handshake to its key (RFC 6455 §4.2.2).
enum WebSocketKey {
  private static let salt: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The value that `Sec-WebSocket-Accept` must have; nothing that a field could hold if there is no SHA-1.
  static func accept(for key: Span<UInt8>) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.append(key)
    text.append(salt)
    guard let digest = SHA1.hash(of: text.readable) else { return [0] }
    text.removeAll()
    Base64.encode(digest.span, into: &text)
    return text.readable.array
  }
}
