import Bytes
import HTTP
import JSON
import Policy
import Transport

/// Why the body of a request to a hosted endpoint is not taken.
struct BodyRefusal: Error {
  let reason: RejectionReason
  /// Which rule it breaks, in a sentence.
  var details: String?
  /// When it is worth while to come again, in seconds, where the reason does not say.
  var retryAfter: Int?
}

/// The body of `/register` and `/login`: a JSON object with two strings, whatever else is in it.
struct Credentials {
  let username: String
  let password: String

  /// - Throws: what is wrong with the body, in words.
  init(_ body: Span<UInt8>) throws(BodyRefusal) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(body, limits: .body)
    } catch {
      let place = "line \(error.location.line), column \(error.location.column)"
      throw BodyRefusal(reason: .invalidBody, details: "The body is not JSON: \(error.message), at \(place).")
    }
    guard let object = value.object else {
      throw BodyRefusal(reason: .invalidBody, details: "The body must be a JSON object, not \(value.kind).")
    }
    username = try Self.string("username", in: object)
    password = try Self.string("password", in: object)
  }

  private static func string(_ name: String, in object: JSONObject) throws(BodyRefusal) -> String {
    guard let value = object[name] else {
      throw BodyRefusal(reason: .invalidBody, details: "The body has no '\(name)'.")
    }
    guard let text = value.string else {
      throw BodyRefusal(reason: .invalidBody, details: "'\(name)' must be a string, not \(value.kind).")
    }
    return text
  }
}

extension RequestHead {
  /// Whether the body is said to be JSON, as it is: `application/json`, with any parameters, in no coding.
  var isForJSON: Bool {
    guard let line = try? fields.single(.contentType) else { return false }
    let value = fields.value(at: line)
    let type = value.extracting(first: value.firstIndex(of: UInt8(ascii: ";")) ?? value.count).trimmed
    let coding: StaticString = "content-encoding"
    return type.equalsIgnoringCase("application/json") && fields.first(named: Array("\(coding)".utf8).span) == nil
  }
}

extension Downstream {
  /// Reads the current request's body whole.
  ///
  /// - Parameters:
  ///   - limit: the most payload that it may have.
  ///   - timeout: for all of it, in nanoseconds.
  /// - Returns: nil if the client is gone.
  /// - Throws: that it is too large, too slow or malformed.
  mutating func receiveBody(
    limit: Int, in loop: EventLoop, timeout: Int64
  ) async throws(BodyRefusal) -> [UInt8]? {
    var body = IncomingBody(head.framing, keepsTrailers: false)
    var payload: [UInt8] = []
    if body.isComplete {
      requestEnded(at: loop.now)
      return payload
    }
    let deadline = loop.now.advanced(byNanoseconds: timeout)
    if head.expectsContinue && input.isEmpty {
      var output = ByteBuffer()
      output.append("HTTP/1.1 100 Continue\r\n\r\n")
      guard await send(&output, in: loop, meter: RateMeter(bytesPerSecond: 0, grace: timeout)) else { return nil }
    }
    bodyProgress = .partial
    while !body.isComplete {
      if !input.isEmpty {
        try take(&body, into: &payload)
        guard payload.count <= limit else { throw BodyRefusal(reason: .bodyTooLarge) }
        if body.isComplete { break }
      }
      guard socket.isReadable else {
        input.giveBack()
        guard await loop.wait(for: socket.readable, until: deadline) == .ready else {
          throw BodyRefusal(reason: .requestTimeout)
        }
        continue
      }
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes, .wouldBlock: continue
      case .endOfStream, .failed: return nil
      }
    }
    bodyProgress = .complete
    requestEnded(at: loop.now)
    input.giveBack()
    return payload
  }

  /// Takes what has arrived of the body off the input.
  private mutating func take(_ body: inout IncomingBody, into payload: inout [UInt8]) throws(BodyRefusal) {
    guard body.isChunked else {
      let count = body.plainCount(of: input.count)
      payload.append(contentsOf: input.readable.extracting(first: count).array)
      input.consume(count)
      return body.advance(by: count)
    }
    do throws(ChunkRejection) {
      try body.decode(&input) { payload.append(contentsOf: $0.array) }
    } catch {
      throw BodyRefusal(reason: .malformedBody)
    }
  }
}
