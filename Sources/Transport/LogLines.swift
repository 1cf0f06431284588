import Glibc

/// Writes chunks of whole lines to a descriptor.
///
/// Lines that the system refuses are lost; the line that was cut is ended before the next one begins, so that each line that
/// arrives is whole or stands alone. Used by one thread. It does not own the descriptor.
struct LogLines {
  /// Lines that were not written, or not to their end.
  struct Loss: Error, Equatable {
    let count: Int
    let reason: SystemError
  }

  let descriptor: Int32
  /// True if the last byte that was written is not the end of a line.
  private var isMidLine = false

  init(to descriptor: Int32) { self.descriptor = descriptor }

  /// Writes the lines.
  ///
  /// - Throws: how many of them are lost, and why.
  mutating func write(_ chunk: [UInt8]) throws(Loss) {
    if isMidLine {
      if let reason = write([UInt8(ascii: "\n")]).reason {
        throw Loss(count: Self.count(in: chunk[...]), reason: reason)
      }
      isMidLine = false
    }
    let (written, reason) = write(chunk)
    guard let reason else { return }
    if written > 0 { isMidLine = chunk[written - 1] != UInt8(ascii: "\n") }
    throw Loss(count: Self.count(in: chunk[written...]), reason: reason)
  }

  /// Counts the lines; an end without a newline counts as one.
  static func count(in bytes: ArraySlice<UInt8>) -> Int {
    let ends = bytes.reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
    return bytes.isEmpty || bytes.last == UInt8(ascii: "\n") ? ends : ends + 1
  }

  private func write(_ bytes: [UInt8]) -> (written: Int, reason: SystemError?) {
    var written = 0
    while written < bytes.count {
      // SAFETY: the call reads the bytes behind the `written` ones, as many as it is told of.
      let result = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
      }
      if result < 0 {
        if errno == EINTR || errno == EAGAIN { usleep(1000); continue }
        return (written, .last)
      }
      written += result
    }
    return (written, nil)
  }
}
