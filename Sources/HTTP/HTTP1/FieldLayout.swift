import Bytes

/// The layout of a field in memory: that of a line of HTTP/1.1 (RFC 9112 §5), so that a run of fields is one copy there.
///
/// No name holds a colon and no value a line end (``FieldBlock/append(name:value:)-(Span<UInt8>,_)``), so both are found again without
/// a table.
enum FieldLayout {
  static func append(_ name: Span<UInt8>, _ value: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.append(name)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(ASCII.space)
    bytes.append(value)
    bytes.append(ASCII.carriageReturn)
    bytes.append(ASCII.lineFeed)
  }

  /// The place of the next field at or after `position`, which is moved behind it; nil behind the last.
  static func next(in bytes: Span<UInt8>, _ position: inout Int) -> FieldPlace? {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: position),
      let end = bytes.firstIndex(of: ASCII.carriageReturn, from: colon &+ 2)
    else { return nil }
    let place = FieldPlace(name: position..<colon, value: (colon &+ 2)..<end)
    position = end &+ 2
    return place
  }
}

extension FieldBlock {
  /// The fields as HTTP/1.1 writes them, for messages and tests.
  package var text: String { run.packed.text }
}
