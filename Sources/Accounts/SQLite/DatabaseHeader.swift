import Files
import Glibc

/// The first bytes of a database (SQLite's file format, §1.3).
///
/// They are read without opening it as a database: that alone can change the file.
struct DatabaseHeader {
  /// True if the file is empty, and so becomes a database at the first start.
  let isEmpty: Bool
  /// The program that the database belongs to (`application_id`), without what is still in the write-ahead log.
  let application: Int
  /// The number of the last migration that it has seen (`user_version`).
  let version: Int

  /// - Throws: ``AccountsError/inaccessible(path:reason:)``.
  init(path: String) throws(AccountsError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw AccountsError(PrivateFile.failure(path, "can't be opened")) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { throw AccountsError(PrivateFile.failure(path, "can't be read")) }
    isEmpty = count == 0
    version = Self.number(in: bytes, at: 60)
    application = Self.number(in: bytes, at: 68)
  }

  private static func number(in bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
  }
}
