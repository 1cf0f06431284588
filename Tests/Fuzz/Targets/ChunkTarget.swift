import Bytes
import HTTP

/// Chunked bodies: the decoder that works where the bytes lie against one that takes its time.
enum ChunkTarget {
  private struct Reading: Equatable {
    var payload: [UInt8] = []
    var state = ChunkedDecoder.State.needsMore
    var consumed = 0
    var trailers: [[[UInt8]]] = []
  }

  static func read(_ bytes: [UInt8]) {
    var choices = Choices(from: bytes)
    let whole = reading(bytes)
    for _ in 0..<2 {
      let cuts = choices.cuts(bytes.count)
      let again = reading(bytes, cuts: cuts)
      require(again == whole, "chunks are the same however they are cut", "\(cuts)\n\(whole)\n\(again)")
    }
    var reference = PlainChunks(bytes)
    if let body = reference.body() {
      require(whole.state == .finished, "a good body is taken", shown(bytes))
      require(
        whole.payload == body.payload && whole.consumed == body.count, "chunks are read as they say", shown(bytes))
      require(whole.trailers == body.trailers, "trailers are read as they say", shown(bytes))
    } else {
      require(whole.state != .finished, "only a good body is taken", shown(bytes))
    }
    checkWritten(bytes, &choices)
  }

  private static func reading(_ bytes: [UInt8], cuts: [Int]? = nil) -> Reading {
    var decoder = ChunkedDecoder(keepsTrailers: true)
    var reading = Reading()
    for end in cuts ?? [bytes.count] {
      var piece = Array(bytes[reading.consumed..<end])
      let original = piece
      var span = piece.mutableSpan
      let progress = decoder.decode(&span)
      require(progress.payload.upperBound <= progress.consumedCount || progress.payload.isEmpty, "payload was read")
      require(piece[progress.consumedCount...] == original[progress.consumedCount...], "the rest is left alone")
      reading.payload += piece[progress.payload]
      reading.consumed += progress.consumedCount
      reading.state = progress.state
      if case .rejected = progress.state {
        // Where in the framing it was given up is of no use to anybody.
        reading.consumed = 0
        break
      }
      if progress.state == .finished { break }
      require(reading.consumed == end, "nothing is left while more is needed")
    }
    if reading.state == .finished { reading.trailers = decoder.trailers.texts }
    return reading
  }

  /// The bytes as payload, in chunks as they may be cut.
  private static func checkWritten(_ payload: [UInt8], _ choices: inout Choices) {
    var buffer = ByteBuffer()
    var start = 0
    for end in choices.cuts(payload.count) {
      buffer.appendChunk(Array(payload[start..<end]).span)
      start = end
    }
    buffer.appendLastChunk(trailers: Fields(), identity: IdentityFieldNames())
    let again = reading(buffer.readable.array, cuts: choices.cuts(buffer.count))
    require(again.state == .finished && again.payload == payload, "what is written in chunks reads the same")
  }
}

/// The grammar of RFC 9112 §7.1 as this gateway takes it, in the plainest way.
private struct PlainChunks {
  struct Body {
    var payload: [UInt8] = []
    var trailers: [[[UInt8]]] = []
    var count = 0
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// The body that the bytes begin with; nil if there is no whole and good one.
  mutating func body() -> Body? {
    let start = rest.startIndex
    var body = Body()
    while true {
      guard let line = line(), let size = Self.size(line) else { return nil }
      if size == 0 { break }
      guard UInt64(rest.count) >= size else { return nil }
      body.payload += rest.prefix(Int(size))
      rest = rest.dropFirst(Int(size))
      guard rest.starts(with: [13, 10]) else { return nil }
      rest = rest.dropFirst(2)
    }
    let trailerStart = rest.startIndex
    while true {
      guard let line = line() else { return nil }
      if line.isEmpty { break }
      guard let field = Self.field(line), body.trailers.count < ChunkedDecoder.trailerCountMax else { return nil }
      body.trailers.append(field)
    }
    guard rest.startIndex - trailerStart <= ChunkedDecoder.trailerBytesMax else { return nil }
    body.count = rest.startIndex - start
    return body
  }

  /// Returns the bytes before the first CR, which an LF must follow.
  private mutating func line() -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: 13), rest[(end + 1)...].first == 10 else { return nil }
    defer { rest = rest[(end + 2)...] }
    return rest[..<end]
  }

  private static func size(_ line: ArraySlice<UInt8>) -> UInt64? {
    let digits = line.prefix { ASCII.hexadecimalValue($0) != nil }
    guard (1...16).contains(digits.count) else { return nil }
    let extensions = line.dropFirst(digits.count)
    guard extensions.count <= ChunkedDecoder.extensionMax, areExtensions(extensions) else { return nil }
    return UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func areExtensions(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    while let semicolon = rest.popFirst() {
      guard semicolon == UInt8(ascii: ";") else { return false }
      let name = rest.prefix(while: ASCII.isToken)
      guard !name.isEmpty else { return false }
      rest = rest.dropFirst(name.count)
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst()
      guard rest.first == UInt8(ascii: "\"") else {
        let value = rest.prefix(while: ASCII.isToken)
        guard !value.isEmpty else { return false }
        rest = rest.dropFirst(value.count)
        continue
      }
      rest = rest.dropFirst()
      while true {
        guard let byte = rest.popFirst() else { return false }
        if byte == UInt8(ascii: "\"") { break }
        guard ASCII.isFieldValue(byte) else { return false }
        if byte == UInt8(ascii: "\\") {
          guard let escaped = rest.popFirst(), ASCII.isFieldValue(escaped) else { return false }
        }
      }
    }
    return true
  }

  private static func field(_ line: ArraySlice<UInt8>) -> [[UInt8]]? {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(ASCII.isToken)
    else { return nil }
    var value = line[(colon + 1)...]
    guard value.allSatisfy(ASCII.isFieldValue) else { return nil }
    value = value.drop { $0 == 0x20 || $0 == 0x09 }
    while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
    return [Array(line[..<colon]), Array(value)]
  }
}
