import Glibc

/// A directory of one test, removed with it.
package final class TemporaryDirectory: Sendable {
  package let path: String

  /// - Throws: ``Failure`` if the system makes none.
  package init() throws {
    var template = Array("/tmp/portcullis-XXXXXX".utf8CString)
    guard let made = unsafe mkdtemp(&template) else { throw Failure() }
    path = unsafe String(cString: made)
  }

  deinit { _ = Self.remove(path) }

  package struct Failure: Error {}

  /// A path inside.
  package func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// The names of its entries, sorted.
  package var names: [String] { Self.names(of: path) }

  /// The names of a directory's entries, sorted; none if it can't be read.
  package static func names(of path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  private static func remove(_ path: String) -> Bool {
    for name in names(of: path) where unlink(path + "/" + name) != 0 { _ = remove(path + "/" + name) }
    return rmdir(path) == 0
  }
}
