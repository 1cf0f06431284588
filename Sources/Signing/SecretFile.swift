import Bytes
package import Cryptography
package import Files
import Glibc

/// The file that holds the secret which tokens are signed with.
///
/// Blocks; not for a loop's thread.
package enum SecretFile {
  /// The most bytes that a secret may have.
  package static let sizeLimit = 64 * 1024

  /// Reads the file as it is; nil if there is none.
  ///
  /// - Throws: ``FileError``.
  package static func read(path: String) throws(FileError) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw PrivateFile.failure(path, "can't be opened")
    }
    defer { close(descriptor) }
    var contents = [UInt8](repeating: 0, count: sizeLimit + 1)
    var filled = 0
    while filled < contents.count {
      let room = contents.count - filled
      // SAFETY: `room` bytes are free behind the `filled` ones.
      let count = unsafe contents.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), room)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw PrivateFile.failure(path, "can't be read")
      }
      if count == 0 { return Array(contents[..<filled]) }
      filled += count
    }
    throw FileError(path: path, reason: "it has more than \(sizeLimit) bytes")
  }

  /// Reads the file; if there is none, makes it with a fresh secret for the hash.
  ///
  /// The secret is text, so that other programs can read it as they would any: as many random bytes as the hash's output in
  /// base64url, which is 43, 64 or 86 characters without a newline. The file is only its owner's (0600), on the disk before this
  /// returns, and never to be seen unfinished: of several processes that find it missing one makes it and all get the same.
  ///
  /// - Throws: ``FileError``.
  package static func readOrMake(path: String, for hash: HashFunction) throws(FileError) -> [UInt8] {
    if let contents = try read(path: path) { return contents }
    try PrivateFile.makeDirectory(of: path)
    let secret = try draw(for: hash, path)
    // Written under another name and then linked to its own, which fails if another process was faster.
    let draft = try "\(path).\(suffix(path))"
    guard let descriptor = try PrivateFile.create(draft) else {
      throw FileError(path: draft, reason: "it exists")
    }
    defer {
      close(descriptor)
      unsafe unlink(draft)
    }
    try PrivateFile.write(secret, to: descriptor, path: path)
    if unsafe link(draft, path) == 0 {
      try PrivateFile.sync(directory: PrivateFile.directory(of: path))
      return secret
    }
    if errno != EEXIST { throw PrivateFile.failure(path, "can't be made") }
    if let contents = try read(path: path) { return contents }
    throw FileError(path: path, reason: "it was removed while it was being made")
  }

  /// Makes a file with that in it, only its owner's (0600); there must not be one yet.
  ///
  /// - Throws: ``FileError``.
  package static func make(path: String, contents: [UInt8]) throws(FileError) {
    guard let descriptor = try PrivateFile.create(path) else {
      throw FileError(path: path, reason: "it exists, and is not written over")
    }
    defer { close(descriptor) }
    try PrivateFile.write(contents, to: descriptor, path: path)
  }

  private static func draw(for hash: HashFunction, _ path: String) throws(FileError) -> [UInt8] {
    var secret = ByteBuffer()
    do throws(CryptographyError) {
      let bytes = try SecureRandom.bytes(hash.byteCount)
      Base64URL.encode(bytes.span, into: &secret)
    } catch {
      throw FileError(path: path, reason: "libcrypto gives no random bytes")
    }
    return secret.readable.array
  }

  private static func suffix(_ path: String) throws(FileError) -> String {
    do throws(CryptographyError) {
      return String(try SecureRandom.word(), radix: 36)
    } catch {
      throw FileError(path: path, reason: "libcrypto gives no random bytes")
    }
  }
}
