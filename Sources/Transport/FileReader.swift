import Glibc

/// Reads small files whole.
///
/// Blocks; not for a loop's thread.
package enum FileReader {
  /// The bytes of a file.
  ///
  /// - Parameter limit: the most bytes that it may have.
  /// - Throws: why it can't be opened or read; `EFBIG` if it is larger.
  package static func read(path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    return try read(descriptor: descriptor, limit: limit)
  }

  /// The bytes that come from standard input until it ends.
  ///
  /// It is not opened anew: a pipe of another user, as `sudo -u` has it, would not let itself be opened, nor would a socket.
  ///
  /// - Throws: why it can't be read; `EFBIG` if there is more than the limit.
  package static func readInput(limit: Int) throws(SystemError) -> [UInt8] {
    try read(descriptor: STDIN_FILENO, limit: limit)
  }

  private static func read(descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
    var contents: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      if count == 0 { return contents }
      contents += chunk[..<count]
      guard contents.count <= limit else { throw SystemError(code: EFBIG) }
    }
  }
}
