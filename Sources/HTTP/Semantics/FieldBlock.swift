package import Bytes

/// Field lines of the gateway's own, ready to be written.
///
/// What is in one has been checked: no value can begin a line of its own.
package struct FieldBlock: Sendable, Equatable {
  /// The lines, each with its CR LF, and behind them what ``keeping(_:)`` put there.
  private var bytes: [UInt8] = []
  /// How many of the bytes are lines.
  private var lineCount = 0

  /// A block without lines.
  package init() {}

  package var isEmpty: Bool { lineCount == 0 }
  /// How many bytes the lines have.
  package var count: Int { lineCount }

  /// The lines, each with its CR LF.
  package var lines: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: lineCount) }
  }

  /// Appends `name: value`.
  ///
  /// The name must be a token; the value holds no CR, LF, NUL or other control, and no white space at its ends.
  /// - Returns: false if they are not so, and nothing is appended.
  package mutating func append(name: Span<UInt8>, value: Span<UInt8>) -> Bool {
    guard name.isToken, value.isFieldValue, value.trimmed.count == value.count else { return false }
    bytes.removeSubrange(lineCount...)
    bytes.append(name)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(ASCII.space)
    bytes.append(value)
    bytes.append(ASCII.carriageReturn)
    bytes.append(ASCII.lineFeed)
    lineCount = bytes.count
    return true
  }

  /// Appends `name: value` under the same conditions, for what comes as text.
  package mutating func append(name: String, value: String) -> Bool {
    append(name: Array(name.utf8).span, value: Array(value.utf8).span)
  }

  /// Appends the other's lines.
  package mutating func append(_ other: FieldBlock) {
    bytes.removeSubrange(lineCount...)
    bytes.append(other.lines)
    lineCount = bytes.count
  }

  /// The same lines in one piece of memory with `others`, which stand behind them and are no part of the block.
  ///
  /// Who needs both for every request fetches neighbours.
  package func keeping(_ others: Span<UInt8>) -> FieldBlock {
    var block = FieldBlock()
    block.bytes.reserveCapacity(lineCount + others.count)
    block.bytes.append(lines)
    block.bytes.append(others)
    block.lineCount = lineCount
    return block
  }

  /// The memory of the block: its lines, and behind them what ``keeping(_:)`` put there.
  package var memory: [UInt8] { bytes }

  /// The lines as text, for messages and tests.
  package var text: String { lines.text }

  package static func == (left: FieldBlock, right: FieldBlock) -> Bool { left.lines.equals(right.lines) }
}

extension ByteBuffer {
  /// Appends the block's lines.
  package mutating func append(_ block: FieldBlock) { append(block.lines) }
}
