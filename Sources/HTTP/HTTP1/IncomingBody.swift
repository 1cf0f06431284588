package import Bytes

/// A body on the wire of its sender: how much of what has arrived belongs to it, and whether it is complete.
@usableFromInline
package struct IncomingBody: ~Copyable {
  @usableFromInline enum Extent {
    /// That many bytes are still to come.
    case length(UInt64)
    case chunked
    /// All until the sender closes.
    case untilClose
    case complete
  }

  @usableFromInline var extent: Extent
  /// For chunked bodies; most are none, so it has memory of its own.
  @usableFromInline var chunks: Chunks?

  @usableFromInline struct Chunks: ~Copyable {
    let decoder: Confined<ChunkedDecoder>
  }

  /// - Parameters:
  ///   - message: what it is the body of: responses may be framed with less care.
  ///   - keepsTrailers: whether the trailer fields are wanted; they are checked in any case.
  @inlinable @inline(__always) package init(
    _ framing: MessageFraming, of message: ChunkedDecoder.Message = .request, keepsTrailers: Bool
  ) {
    chunks = nil
    switch framing {
    case .none: extent = .complete
    case .length(let count): extent = count == 0 ? .complete : .length(count)
    case .chunked:
      extent = .chunked
      beginChunks(of: message, keepsTrailers: keepsTrailers)
    case .untilClose: extent = .untilClose
    }
  }

  @usableFromInline mutating func beginChunks(of message: ChunkedDecoder.Message, keepsTrailers: Bool) {
    chunks = Chunks(decoder: Confined(ChunkedDecoder(message, keepsTrailers: keepsTrailers)))
  }

  @inlinable @inline(__always) package var isComplete: Bool { if case .complete = extent { true } else { false } }
  @inlinable @inline(__always) package var isChunked: Bool { if case .chunked = extent { true } else { false } }

  /// The number of bytes that are known to come; nil if only the end will tell.
  @inlinable @inline(__always) package var remaining: UInt64? {
    switch extent {
    case .length(let count): count
    case .complete: 0
    case .chunked, .untilClose: nil
    }
  }

  /// The number of bytes, of `count` that have arrived, that belong to the body, which stands there as it is.
  ///
  /// For bodies that aren't chunked.
  @inlinable @inline(__always) package func plainCount(of count: Int) -> Int {
    switch extent {
    case .length(let remaining): Int(min(remaining, UInt64(count)))
    case .untilClose: count
    case .chunked, .complete: 0
    }
  }

  /// Notes that so many bytes have been dealt with.
  @inlinable @inline(__always) package mutating func advance(by count: Int) {
    guard case .length(let remaining) = extent else { return }
    let rest = remaining - UInt64(count)
    extent = rest == 0 ? .complete : .length(rest)
  }

  /// The outcome of decoding a piece of a chunked body: positions in the bytes that were given.
  package struct Decoded {
    /// The payload, as it lies now.
    package let payload: Range<Int>
    /// The number of bytes that are dealt with, framing included.
    package let consumedCount: Int
  }

  /// Takes the chunked coding off what has arrived, where it stands; nothing is consumed of the input.
  ///
  /// - Throws: if it is malformed; the rest can't be read then.
  package mutating func decode(_ input: inout ByteBuffer) throws(ChunkRejection) -> Decoded {
    var bytes = input.mutableReadable
    guard let progress = chunks?.decoder.value.decode(&bytes) else { return Decoded(payload: 0..<0, consumedCount: 0) }
    switch progress.state {
    case .needsMore: break
    case .finished: extent = .complete
    case .rejected(let rejection): throw rejection
    }
    return Decoded(payload: progress.payload, consumedCount: progress.consumedCount)
  }

  /// The payload that is known to come: by the body's length, or by the last chunk's size.
  @inlinable @inline(__always) package var announcedCount: UInt64 {
    if case .length(let count) = extent { count } else { announcedChunkCount }
  }

  @usableFromInline var announcedChunkCount: UInt64 {
    switch chunks {
    case .some(let chunks): chunks.decoder.value.announcedCount
    case .none: 0
    }
  }

  /// Hands over the fields behind a chunked body; none before it is complete, and for other bodies.
  package borrowing func withTrailers(_ use: (borrowing Fields) -> Void) {
    switch chunks {
    case .some(let chunks): use(chunks.decoder.value.trailers)
    case .none: use(Fields())
    }
  }

  /// The sender has closed: whether the body is complete with that.
  package mutating func endOfStream() -> Bool {
    if case .untilClose = extent { extent = .complete }
    return isComplete
  }
}
