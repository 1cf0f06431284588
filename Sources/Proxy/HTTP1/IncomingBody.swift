import Bytes
import HTTP

/// A body on the wire of its sender: how much of what has arrived belongs to it, and whether it is complete.
struct IncomingBody: ~Copyable {
  private enum Extent {
    /// That many bytes are still to come.
    case length(UInt64)
    case chunked
    /// All until the sender closes.
    case untilClose
    case complete
  }

  private var extent: Extent
  /// For chunked bodies; most are none, so it has memory of its own.
  private var decoder: Confined<ChunkedDecoder>?

  /// - Parameters:
  ///   - message: what it is the body of: responses may be framed with less care.
  ///   - keepsTrailers: whether the trailer fields are wanted; they are checked in any case.
  init(_ framing: MessageFraming, of message: ChunkedDecoder.Message = .request, keepsTrailers: Bool) {
    decoder = nil
    switch framing {
    case .none: extent = .complete
    case .length(let count): extent = count == 0 ? .complete : .length(count)
    case .chunked:
      extent = .chunked
      decoder = Confined(ChunkedDecoder(message, keepsTrailers: keepsTrailers))
    case .untilClose: extent = .untilClose
    }
  }

  var isComplete: Bool { if case .complete = extent { true } else { false } }
  var isChunked: Bool { if case .chunked = extent { true } else { false } }

  /// How many bytes are known to come; nil if only the end will tell.
  var remaining: UInt64? {
    switch extent {
    case .length(let count): count
    case .complete: 0
    case .chunked, .untilClose: nil
    }
  }

  /// How many of `count` bytes that have arrived belong to the body, which stands there as it is.
  ///
  /// For bodies that aren't chunked.
  func plainCount(of count: Int) -> Int {
    switch extent {
    case .length(let remaining): Int(min(remaining, UInt64(count)))
    case .untilClose: count
    case .chunked, .complete: 0
    }
  }

  /// Notes that so many bytes have been dealt with.
  mutating func advance(by count: Int) {
    guard case .length(let remaining) = extent else { return }
    let rest = remaining - UInt64(count)
    extent = rest == 0 ? .complete : .length(rest)
  }

  /// The outcome of decoding a piece of a chunked body: positions in the bytes that were given.
  struct Decoded {
    /// The payload, as it lies now.
    let payload: Range<Int>
    /// The number of bytes that are dealt with, framing included.
    let consumedCount: Int
  }

  /// Takes the chunked coding off what has arrived, where it stands; nothing is consumed of the input.
  ///
  /// - Throws: if it is malformed; the rest can't be read then.
  mutating func decode(_ input: inout ByteBuffer) throws(ChunkRejection) -> Decoded {
    var bytes = input.mutableReadable
    guard let progress = decoder?.value.decode(&bytes) else { return Decoded(payload: 0..<0, consumedCount: 0) }
    switch progress.state {
    case .needsMore: break
    case .finished: extent = .complete
    case .rejected(let rejection): throw rejection
    }
    return Decoded(payload: progress.payload, consumedCount: progress.consumedCount)
  }

  /// The payload that is known to come: by the body's length, or by the last chunk's size.
  var announcedCount: UInt64 {
    if case .length(let count) = extent { return count }
    return switch decoder {
    case .some(let decoder): decoder.value.announcedCount
    case .none: 0
    }
  }

  /// Hands over the fields behind a chunked body; none before it is complete, and for other bodies.
  borrowing func withTrailers(_ use: (borrowing Fields) -> Void) {
    switch decoder {
    case .some(let decoder): use(decoder.value.trailers)
    case .none: use(Fields())
    }
  }

  /// The sender has closed: whether the body is complete with that.
  mutating func endOfStream() -> Bool {
    if case .untilClose = extent { extent = .complete }
    return isComplete
  }
}
