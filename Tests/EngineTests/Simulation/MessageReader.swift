/// Reads HTTP/1.1 messages as their receiver does, apart from the gateway's own parsers.
///
/// It knows the little that the messages of a simulation need, and takes nothing that is not well-formed.
struct MessageReader {
  struct Head {
    let firstLine: String
    let fields: [(name: String, value: String)]

    func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
    var status: Int? { Int(firstLine.split(separator: " ").dropFirst().first ?? "") }
  }

  enum Event {
    case head(Head)
    case payload(ArraySlice<UInt8>)
    case end
    case malformed(String)
  }

  private enum State {
    case head
    case length(Int)
    case chunkSize
    case chunk(Int)
    case chunkEnd
    case trailers
    case untilClose
    case broken
  }

  private var buffer: [UInt8] = []
  private var start = 0
  private var state = State.head

  mutating func add(_ bytes: ArraySlice<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer += bytes
  }

  var hasBytes: Bool { start < buffer.count }
  var isBetweenMessages: Bool { if case .head = state { !hasBytes } else { false } }
  var isUntilClose: Bool { if case .untilClose = state { true } else { false } }

  /// All that is buffered and belongs to no message.
  mutating func takeRest() -> ArraySlice<UInt8> {
    defer { start = buffer.count }
    return buffer[start...]
  }

  /// The body that follows a head; the caller knows what the head alone doesn't say.
  ///
  /// - Returns: false if there is none, so that the message has ended.
  mutating func beginBody(of head: Head, isResponse: Bool, isBodiless: Bool) -> Bool {
    if isBodiless { return false }
    if head.value("transfer-encoding") == "chunked" {
      state = .chunkSize
    } else if let length = head.value("content-length").flatMap({ Int($0) }) {
      if length == 0 { return false }
      state = .length(length)
    } else if isResponse {
      state = .untilClose
    } else {
      return false
    }
    return true
  }

  /// The next thing that the bytes say; nil if they say no more.
  mutating func next() -> Event? {
    switch state {
    case .broken: return nil
    case .head:
      guard let text = line(until: [13, 10, 13, 10]) else { return nil }
      return parseHead(text)
    case .length(let count):
      guard hasBytes else { return nil }
      let taken = take(count)
      state = taken.count == count ? .head : .length(count - taken.count)
      // The end is an event of its own.
      if taken.count == count { pendingEnd = true }
      return .payload(taken)
    case .chunkSize:
      guard let text = line(until: [13, 10]) else { return nil }
      guard let count = Int(text, radix: 16) else { return fail("a chunk of size '\(text)'") }
      state = count == 0 ? .trailers : .chunk(count)
      return next()
    case .chunk(let count):
      guard hasBytes else { return nil }
      let taken = take(count)
      state = taken.count == count ? .chunkEnd : .chunk(count - taken.count)
      return .payload(taken)
    case .chunkEnd:
      guard let text = line(until: [13, 10]) else { return nil }
      guard text.isEmpty else { return fail("a chunk that is too long") }
      state = .chunkSize
      return next()
    case .trailers:
      guard let text = line(until: [13, 10]) else { return nil }
      guard text.isEmpty else { return next() }
      state = .head
      return .end
    case .untilClose:
      guard hasBytes else { return nil }
      return .payload(take(.max))
    }
  }

  /// The last payload of a message with a length was given: its end comes next.
  private(set) var pendingEnd = false

  mutating func takePendingEnd() -> Bool {
    defer { pendingEnd = false }
    return pendingEnd
  }

  private mutating func fail(_ text: String) -> Event {
    state = .broken
    return .malformed(text)
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
    let end = start + min(count, buffer.count - start)
    defer { start = end }
    return buffer[start..<end]
  }

  private mutating func line(until end: [UInt8]) -> String? {
    var index = start
    while index + end.count <= buffer.count {
      if buffer[index] == end[0], buffer[index..<index + end.count].elementsEqual(end) {
        defer { start = index + end.count }
        return String(decoding: buffer[start..<index], as: UTF8.self)
      }
      index += 1
    }
    return nil
  }

  private mutating func parseHead(_ text: String) -> Event {
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    guard !lines.isEmpty else { return fail("an empty head") }
    let first = String(lines.removeFirst())
    var fields: [(name: String, value: String)] = []
    for line in lines {
      guard let colon = line.firstIndex(of: ":") else { return fail("a field line '\(line)'") }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append((line[..<colon].lowercased(), String(value)))
    }
    return .head(Head(firstLine: first, fields: fields))
  }
}
