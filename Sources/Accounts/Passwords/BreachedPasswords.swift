import Bytes
import Cryptography
import Files
import Glibc

/// A file of the SHA-1 hashes of stolen passwords, as Have I Been Pwned hands them out: sorted lines of 40 hexadecimal digits, each with or
/// without `:` and a count.
///
/// It is searched on the disk: a look takes some forty reads of a few bytes, however long the file. For any thread that may block.
package final class BreachedPasswords: Sendable {
  package let path: String
  private let descriptor: Int32
  private let size: Int

  /// No line is longer.
  private static let lineMax = 128

  /// Opens the file, whose first line has to be one of hashes.
  ///
  /// - Throws: ``AccountsError``, with a text for the operator.
  package init(path: String) throws(AccountsError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw AccountsError(PrivateFile.failure(path, "can't be opened")) }
    self.path = path
    self.descriptor = descriptor
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      size = 0
      throw .inaccessible(path: path, reason: "it is no file that can be searched")
    }
    size = Int(status.st_size)
    let start = try bytes(at: 0)
    guard start.count >= 40, start.prefix(40).allSatisfy({ Self.isHex($0) }) else {
      throw .inaccessible(path: path, reason: "it does not begin with a SHA-1 hash in hexadecimal")
    }
  }

  deinit { close(descriptor) }

  /// True if the password is among those in the file.
  ///
  /// - Throws: ``AccountsError``.
  package func contains(_ password: NewPassword) throws(AccountsError) -> Bool {
    guard let hash = SHA1.hash(of: password.password.bytes.span) else { throw .cryptographyUnavailable }
    var wanted: [UInt8] = []
    for index in hash.indices {
      wanted.append(Self.digit(hash[index] >> 4))
      wanted.append(Self.digit(hash[index] & 15))
    }
    // Lines that begin before `low` are less than the wanted one, those that begin at `high` or behind it are greater.
    var (low, high) = (0, size)
    while low < high {
      let middle = low + (high - low) / 2
      let start = try lineStart(from: middle)
      guard start < high else {
        high = middle
        continue
      }
      let line = try bytes(at: start).prefix(40).map { Self.uppercased($0) }
      if line == wanted { return true }
      if line.lexicographicallyPrecedes(wanted) { low = start + 1 } else { high = middle }
    }
    return false
  }

  /// The place of the first line that begins at that place or behind it; the end of the file if none does.
  private func lineStart(from place: Int) throws(AccountsError) -> Int {
    guard place > 0 else { return 0 }
    let found = try bytes(at: place - 1)
    if let newline = found.firstIndex(of: UInt8(ascii: "\n")) { return place + newline }
    guard place - 1 + found.count >= size else {
      throw .inaccessible(path: path, reason: "it has a line that is no SHA-1 hash")
    }
    return size
  }

  /// Up to ``lineMax`` bytes at that place.
  private func bytes(at place: Int) throws(AccountsError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Self.lineMax)
    // SAFETY: the call writes at most as many bytes as it is told of.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(place)) }
    guard count >= 0 else { throw AccountsError(PrivateFile.failure(path, "can't be read")) }
    return Array(bytes.prefix(count))
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func uppercased(_ byte: UInt8) -> UInt8 { (0x61...0x66).contains(byte) ? byte - 32 : byte }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x37 }
}
