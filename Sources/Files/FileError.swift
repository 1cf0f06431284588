/// A reason why a file could not be made, read or changed.
///
/// Paths and the system's texts are for the operator, not for clients.
package struct FileError: Error, Sendable, Hashable {
  package let path: String
  /// As the end of a sentence about the file.
  package let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

extension FileError: CustomStringConvertible {
  package var description: String { "'\(path)': \(reason)" }
}
