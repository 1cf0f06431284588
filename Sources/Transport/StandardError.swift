import Glibc

/// Standard error, where a log may go as well or not.
package enum StandardError {
  /// Writes a line at once.
  package static func write(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    unsafe _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
