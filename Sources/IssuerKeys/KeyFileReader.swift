import HTTPClient
import Transport

/// Reads files of keys.
enum KeyFileReader {
  /// The most that one may hold, in bytes: as much as of a key set that is fetched.
  static let sizeLimit = DocumentFetch.sizeLimit

  /// Blocks; not for a worker's thread.
  static func read(_ path: String) throws(KeyProblem) -> [UInt8] {
    do throws(SystemError) {
      return try FileReader.read(path: path, limit: sizeLimit)
    } catch {
      throw KeyProblem(text: "it can't be read: \(error)")
    }
  }
}
