import Bytes

/// Recognises the keys of SSH programs that are not in PEM.
enum SSHKey {
  /// Recognises a line of OpenSSH's `.pub` and `authorized_keys` files, a key in binary and a key of PuTTY.
  static func isIn(_ text: Span<UInt8>) -> Bool {
    isBinary(text) || text.starts(with: Array("PuTTY-User-Key-File-".utf8).span) || hasLine(text)
  }

  /// Recognises a public key in binary (RFC 4253 §6.6), which begins with the length and the name of its kind, and a private one of OpenSSH.
  private static func isBinary(_ bytes: Span<UInt8>) -> Bool {
    if bytes.starts(with: Array("openssh-key-v1\0".utf8).span) { return true }
    guard bytes.count > 4, bytes.starts(with: [0, 0, 0].span) else { return false }
    return isKind(bytes.extracting(4..<min(bytes.count, 4 + Int(bytes[3]))))
  }

  /// Searches for the name of a kind before base64 that begins like a key: with the length of that name.
  private static func hasLine(_ text: Span<UInt8>) -> Bool {
    var isBehindKind = false
    var position = 0
    while position < text.count {
      let start = position
      while position < text.count, !text[position].isBlank { position += 1 }
      let word = text.extracting(start..<position)
      position += 1
      if word.isEmpty { continue }
      if isBehindKind && word.starts(with: Array("AAAA".utf8).span) { return true }
      isBehindKind = isKind(word)
    }
    return false
  }

  /// Recognises the name of a kind of key: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `sk-ssh-ed25519@openssh.com`.
  private static func isKind(_ word: Span<UInt8>) -> Bool {
    prefixes.contains { word.count > $0.count && word.starts(with: $0.span) }
  }

  private static let prefixes = ["ssh-", "ecdsa-sha2-", "rsa-sha2-", "sk-ssh-", "sk-ecdsa-"].map { Array($0.utf8) }
}
