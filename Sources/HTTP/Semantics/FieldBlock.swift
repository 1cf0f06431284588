package import Bytes

/// Field lines of the gateway's own, ready to be written.
///
/// What is in one has been checked: no value can begin a line of its own.
package struct FieldBlock: Sendable, Equatable {
  private var bytes: [UInt8] = []

  /// A block without lines.
  package init() {}

  /// A block of lines that another one has lent.
  ///
  /// - Parameter more: how many bytes of further lines it has room for.
  package init(copying lines: Span<UInt8>, reserving more: Int = 0) {
    bytes.reserveCapacity(lines.count + more)
    bytes.append(lines)
  }

  package var isEmpty: Bool { bytes.isEmpty }
  /// How many bytes the lines have.
  package var count: Int { bytes.count }

  /// The bytes of memory that it takes.
  package var heldByteCount: Int { Allocation.byteCount(ofArray: bytes.capacity) }

  /// The lines, each with its CR LF.
  package var lines: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span }
  }

  /// Appends `name: value`.
  ///
  /// The name must be a token; the value holds no CR, LF, NUL or other control, and no white space at its ends.
  /// - Returns: false if they are not so, and nothing is appended.
  package mutating func append(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
    guard name.isToken, value.isFieldValue, value.trimmed.count == value.count else { return false }
    bytes.append(name)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(ASCII.space)
    bytes.append(value)
    bytes.append(ASCII.carriageReturn)
    bytes.append(ASCII.lineFeed)
    return true
  }

  /// Appends `name: value` under the same conditions, for what comes as text.
  package mutating func append(name: String, value: String) -> Bool {
    append(name: Array(name.utf8).span, value: Array(value.utf8).span)
  }

  /// Appends the other's lines.
  package mutating func append(_ other: FieldBlock) { bytes.append(other.lines) }

  /// The lines as text, for messages and tests.
  package var text: String { lines.text }
}

extension ByteBuffer {
  /// Appends the block's lines.
  package mutating func append(_ block: FieldBlock) { append(block.lines) }
}
