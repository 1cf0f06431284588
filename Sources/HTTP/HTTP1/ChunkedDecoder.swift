import Bytes

/// Takes the chunked coding off a body where it lies (RFC 9112 §7.1).
///
///     size ──;──▶ extension ──CR──▶ sizeEnd ──LF──▶ data ──▶ dataCR ──▶ dataLF ──▶ size
///       └───────────CR───────────────▲  └─LF, size 0─▶ trailers ──empty line──▶ finished
///
/// 1. A size is 1 to 16 hexadecimal digits and nothing else; line ends are CR LF; extensions are short, well formed, and dropped.
/// 2. What is found wrong depends on the octets alone, not on how they were cut into pieces.
/// 3. After `finished` or `rejected` nothing more is consumed.
/// 4. Blanks behind the size or around the parts of an extension are let pass in responses, which some servers pad so, and count
///    as part of the extension. In requests they are refused: two readers might differ about them.
/// 5. The size of a response's chunk fits an `Int` of 64 bits, as a `Content-Length` does.
@usableFromInline
package struct ChunkedDecoder: ~Copyable {
  /// The kind of message that the body belongs to.
  @usableFromInline package enum Message: Sendable, Hashable {
    case request
    case response
  }

  /// The outcome of one call.
  package struct Progress: Equatable {
    /// The place of the payload in the given bytes now, the chunks' data one behind the other.
    package var payload: Range<Int>
    /// The number of the given bytes that are dealt with.
    package var consumedCount: Int
    package var state: State
  }

  package enum State: Sendable, Equatable {
    case needsMore
    /// The body is complete, trailers and all.
    case finished
    case rejected(ChunkRejection)
  }

  /// Limits on what surrounds the payload, in bytes and lines.
  package static let extensionMax = 256
  package static let trailerBytesMax = 8 * 1024
  package static let trailerCountMax = 32

  /// The trailer fields, once finished; empty if they are not kept.
  package private(set) var trailers = Fields()

  private enum Stage {
    case size(UInt64, digits: Int)
    case chunkExtension(UInt64, ChunkExtension, count: Int)
    case sizeEnd(UInt64)
    case data(remaining: UInt64)
    case dataCR
    case dataLF
    case trailers(FieldSection)
    case finished
    case rejected(ChunkRejection)
  }

  private let keepsTrailers: Bool
  private let message: Message
  private var stage = Stage.size(0, digits: 0)
  /// The trailer section as far as it came.
  private var trailerBytes: [UInt8] = []

  /// A decoder of one body after the other.
  ///
  /// - Parameters:
  ///   - message: what the bodies belong to.
  ///   - keepsTrailers: whether ``trailers`` are wanted. They are checked in any case.
  package init(_ message: Message = .request, keepsTrailers: Bool) {
    self.message = message
    self.keepsTrailers = keepsTrailers
  }

  /// Begins another body; the memory is kept.
  package mutating func reset() {
    stage = .size(0, digits: 0)
    trailerBytes.removeAll(keepingCapacity: true)
    trailers.removeAll()
  }

  /// Decodes what there is of the body.
  ///
  /// The first chunk's data stay where they are and those of the following chunks are moved up behind them, so nothing moves if
  /// the bytes hold one chunk. What lies behind the consumed bytes is untouched.
  package mutating func decode(_ bytes: inout MutableSpan<UInt8>) -> Progress {
    let count = bytes.count
    var position = 0
    var payload = 0..<0
    while position < count {
      switch stage {
      case .data(let remaining):
        let taken = Int(min(remaining, UInt64(count &- position)))
        if payload.isEmpty {
          payload = position..<(position &+ taken)
        } else {
          bytes.move(position..<(position &+ taken), to: payload.upperBound)
          payload = payload.lowerBound..<(payload.upperBound &+ taken)
        }
        position &+= taken
        let rest = remaining &- UInt64(taken)
        stage = rest == 0 ? .dataCR : .data(remaining: rest)
      case .trailers(let section):
        position &+= readTrailers(bytes.span.extracting(position..<count), section)
      case .finished: return Progress(payload: payload, consumedCount: position, state: .finished)
      case .rejected(let fault): return Progress(payload: payload, consumedCount: position, state: .rejected(fault))
      case .size, .chunkExtension, .sizeEnd, .dataCR, .dataLF:
        stage = next(bytes[position])
        if case .rejected = stage { continue }
        position &+= 1
      }
    }
    return Progress(payload: payload, consumedCount: position, state: state)
  }

  /// The number of bytes of the chunk that was begun which are still to come, as its size line has promised.
  package var announcedCount: UInt64 {
    switch stage {
    case .sizeEnd(let size): size
    case .data(let remaining): remaining
    case .size, .chunkExtension, .dataCR, .dataLF, .trailers, .finished, .rejected: 0
    }
  }

  /// The state of the body.
  package var state: State {
    switch stage {
    case .finished: .finished
    case .rejected(let fault): .rejected(fault)
    case .size, .chunkExtension, .sizeEnd, .data, .dataCR, .dataLF, .trailers: .needsMore
    }
  }

  /// The stage after one octet of framing.
  private func next(_ byte: UInt8) -> Stage {
    switch stage {
    case .size(let size, let digits):
      if let digit = ASCII.hexadecimalValue(byte) {
        return digits < 16 ? .size(size << 4 | UInt64(digit), digits: digits &+ 1) : .rejected(.malformedSize)
      }
      guard digits > 0, message == .request || size <= UInt64(Int64.max) else { return .rejected(.malformedSize) }
      if byte == ASCII.carriageReturn { return .sizeEnd(size) }
      if message == .response, isBlank(byte) { return .chunkExtension(size, ChunkExtension(behindBlank: ()), count: 1) }
      return byte == UInt8(ascii: ";") ? .chunkExtension(size, ChunkExtension(), count: 1) : .rejected(.malformedSize)
    case .chunkExtension(let size, var reading, let count):
      if byte == ASCII.carriageReturn, reading.mayEnd { return .sizeEnd(size) }
      let isPassedOver = message == .response && isBlank(byte) && reading.passOverBlank()
      guard count < Self.extensionMax, isPassedOver || reading.read(byte) else { return .rejected(.malformedExtension) }
      return .chunkExtension(size, reading, count: count &+ 1)
    case .sizeEnd(let size):
      guard byte == ASCII.lineFeed else { return .rejected(.malformedLineEnd) }
      return size > 0 ? .data(remaining: size) : .trailers(FieldSection(at: 0, maxCount: Self.trailerCountMax))
    case .dataCR: return byte == ASCII.carriageReturn ? .dataLF : .rejected(.malformedLineEnd)
    case .dataLF: return byte == ASCII.lineFeed ? .size(0, digits: 0) : .rejected(.malformedLineEnd)
    case .data, .trailers, .finished, .rejected: return stage
    }
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }

  /// Reads on in the trailer section; how many of the bytes belong to it.
  private mutating func readTrailers(_ bytes: Span<UInt8>, _ section: FieldSection) -> Int {
    if trailerBytes.isEmpty, bytes.count >= 2, bytes[0] == ASCII.carriageReturn, bytes[1] == ASCII.lineFeed {
      stage = .finished
      return 2
    }
    let carried = trailerBytes.count
    let added = bytes.extracting(first: Self.trailerBytesMax &- carried)
    trailerBytes.append(added)
    let isFull = trailerBytes.count == Self.trailerBytesMax
    var section = section
    let read = trailerBytes
    switch section.read(read.span, into: &trailers) {
    case .needsMore:
      stage = isFull ? .rejected(.trailersTooLarge) : .trailers(section)
      return added.count
    case .malformed:
      stage = .rejected(.malformedTrailer)
      return 0
    case .tooMany:
      stage = .rejected(.trailersTooLarge)
      return 0
    case .complete(let end):
      stage = .finished
      if keepsTrailers { trailers.keep(read.span) } else { trailers.removeAll() }
      return end &- carried
    }
  }
}

/// The reason why a chunked body is not read on.
///
/// A request is answered with 400. A response becomes 502 as long as nothing of it was sent, and breaks off afterwards. Either way
/// the connection that the body came on is closed.
package enum ChunkRejection: Error, Sendable, Equatable, CaseIterable {
  case malformedSize
  case malformedExtension
  case malformedLineEnd
  case malformedTrailer
  case trailersTooLarge

  /// The word for the body, the access log and the metric's label.
  package var reason: StaticString {
    switch self {
    case .malformedSize: "malformed_chunk_size"
    case .malformedExtension: "malformed_chunk_extension"
    case .malformedLineEnd: "malformed_chunk"
    case .malformedTrailer: "malformed_trailer"
    case .trailersTooLarge: "trailers_too_large"
    }
  }

  /// The sentence for the client.
  package var message: StaticString {
    switch self {
    case .malformedSize: "A chunk size is malformed."
    case .malformedExtension: "A chunk extension is malformed or too long."
    case .malformedLineEnd: "A chunk does not end where it says."
    case .malformedTrailer: "A trailer field is malformed."
    case .trailersTooLarge: "The trailer section is too large."
    }
  }
}

extension MutableSpan<UInt8> {
  /// Moves some of the bytes to another place, which may overlap.
  fileprivate mutating func move(_ source: Range<Int>, to destination: Int) {
    let room = count
    precondition(source.lowerBound >= 0 && source.upperBound <= room && destination >= 0)
    precondition(destination &+ source.count <= room)
    // SAFETY: both places lie inside, as has just been checked.
    unsafe withUnsafeMutableBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe (base + destination).update(from: base + source.lowerBound, count: source.count)
    }
  }
}
