import Bytes
import HTTP
import Transport

@testable import Proxy

/// A source whose body comes as it was written down.
struct ScriptedSource: BodySource, ~Copyable {
  enum Event {
    case payload(String)
    /// Framing alone has come.
    case framing
    case wouldBlock
    case end
    case failed(BodyRelay.Failure)
  }

  private var events: [Event]
  private(set) var isBodyReceived = false
  private(set) var readCount = 0
  var announcedCount: UInt64 = 0

  init(_ events: [Event]) { self.events = events }

  /// Adds an event behind all that was written down before.
  mutating func add(_ event: Event) { events.append(event) }

  mutating func readBody(into payload: inout ByteBuffer) -> BodyRead {
    readCount += 1
    precondition(payload.isEmpty && !isBodyReceived, "read although there is something to write, or nothing to read")
    guard !events.isEmpty else { return .wouldBlock }
    switch events.removeFirst() {
    case .payload(let text):
      payload.append(text: text)
      if case .end = events.first {
        events.removeFirst()
        isBodyReceived = true
      }
      return .payload(text.utf8.count)
    case .framing: return .payload(0)
    case .wouldBlock: return .wouldBlock
    case .end:
      isBodyReceived = true
      return .payload(0)
    case .failed(let failure): return .failed(failure)
    }
  }

  func withTrailers(_ use: (borrowing Fields) -> Void) { use(Fields()) }
}

/// A sink that takes so many bytes at a time.
struct ScriptedSink: BodySink, ~Copyable {
  /// The number of bytes that it takes in each write; all of them once there is no number left.
  private var room: [Int]
  private(set) var written = ""
  /// True once the end of the body was written behind it.
  private(set) var isEnded = false
  private(set) var hasBegunMessage = false
  var failure: SystemError?

  init(room: [Int] = []) { self.room = room }

  mutating func writeBody<Source: BodySource & ~Copyable>(
    _ payload: inout ByteBuffer, from source: borrowing Source
  ) -> BodyWrite {
    if let failure { return .failed(failure) }
    let count = min(payload.count, room.isEmpty ? .max : room.removeFirst())
    written += payload.readable.extracting(first: count).text
    payload.consume(count)
    if count > 0 { hasBegunMessage = true }
    guard payload.isEmpty else { return .wouldBlock }
    if source.isBodyReceived {
      isEnded = true
      hasBegunMessage = true
    }
    return .done
  }
}
