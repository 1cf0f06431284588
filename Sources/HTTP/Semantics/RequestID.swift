import Bytes

/// The name of one request, by which it is found in the logs of all who saw it.
package struct RequestID: Sendable, Hashable {
  let high: UInt64
  let low: UInt64

  /// An id of 128 bits, which should be random.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Appends the id as 32 hexadecimal digits.
  package func write<Sink: TextSink & ~Copyable>(to sink: inout Sink) {
    sink.append(hexadecimal: high, width: 16)
    sink.append(hexadecimal: low, width: 16)
  }

  /// The id as 32 hexadecimal digits.
  package var text: String {
    var buffer = ByteBuffer(capacity: 32)
    write(to: &buffer)
    return buffer.text
  }

  /// The id that a request brings, for peers whose word counts; nil if it has none that is taken over, or several.
  package static func believed(in head: borrowing RequestHead) -> [UInt8]? {
    guard !head.fields.repeated.contains(.xRequestID), let line = head.fields.first(.xRequestID) else { return nil }
    let value = head.fields.value(at: line)
    return isAcceptable(value) ? value.array : nil
  }

  /// True if an id from elsewhere is taken over: 1 to 128 visible characters, none of which a log would have to escape.
  package static func isAcceptable(_ text: Span<UInt8>) -> Bool {
    guard text.count >= 1, text.count <= 128 else { return false }
    for index in text.indices {
      let byte = text[index]
      guard byte &- 0x21 < 0x5E, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return false }
    }
    return true
  }
}
