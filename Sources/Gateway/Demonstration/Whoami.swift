import Bytes
import HTTP
import HTTPClient
import JSON
import Observability
package import Transport

/// The demonstration upstream: answers any request with what it received, as JSON.
///
///     {"method": "GET", "path": "/orders?x=1", "headers": {"Host": "…", "X-Auth-User": "alice"}, "body": ""}
///
/// Names are spelt as they came; the values of a field that came several times are joined with `, `. A body of up to 1 MiB is
/// shown, the rest is read and left out.
package actor Whoami {
  private nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
  private let buffers = BufferPool()
  private var texts = DateCache()
  private static let bodyMax = 1024 * 1024

  /// Runs on the calling thread until the process ends.
  ///
  /// - Parameter bound: told where it listens, which port 0 leaves to the kernel.
  /// - Throws: why it can't listen there.
  package static func run(on address: SocketAddress, bound: (SocketAddress) -> Void) throws(SystemError) {
    let listener = try ListeningSocket(address)
    let loop = try EventLoop()
    let server = Whoami(loop: loop)
    let desk = Desk(server: server, loop: loop)
    try loop.listen(on: listener, for: desk, listener: 0)
    bound(listener.address)
    loop.run()
  }

  /// The message about an address that it can't listen on.
  package static func problem(_ address: SocketAddress, _ error: SystemError) -> String {
    var path: String?
    if case .unix(let file) = address { path = file }
    return Listeners.problem(address.description, port: address.port, path: path, error)
  }

  private init(loop: EventLoop) { self.loop = loop }

  private final class Desk: Acceptor {
    private let server: Whoami
    private let loop: EventLoop

    init(server: Whoami, loop: EventLoop) {
      self.server = server
      self.loop = loop
    }

    var isAccepting: Bool { true }
    func acceptFailed(_ error: SystemError) {}
    func makeRoom(forDescriptor: Bool) -> Bool { false }
    var refusal: [UInt8] { [] }

    func accepted(_ socket: consuming Channel, listener: Int) {
      let id = loop.handOver(socket)
      let server = server
      Task(executorPreference: loop) { await server.serve(id) }
    }
  }

  private func serve(_ id: ChannelID) async {
    var socket = loop.claim(id)
    var input = ByteBuffer(from: buffers)
    var head = RequestHead()
    while let keepsAlive = await receiveHead(over: &socket, &input, into: &head) {
      guard let body = await receiveBody(of: head, over: &socket, &input) else { return }
      var answer = ByteBuffer(from: buffers)
      Self.describe(head, body: body, to: &answer)
      texts.update(unixTime: loop.unixTime)
      var fields = FieldBlock()
      _ = fields.append(name: "Content-Type", value: "application/json")
      let response = LocalResponse(status: 200, fields: fields, contentLength: answer.count)
      var output = ByteBuffer(from: buffers)
      response.write(version: head.version, keepsAlive: keepsAlive, date: texts.imfFixdate.span, to: &output)
      if head.method != .head { output.append(answer.readable) }
      guard await send(&output, over: &socket), keepsAlive else { return }
    }
  }

  /// Reads until a request head is complete.
  ///
  /// - Returns: true if the client wants the connection kept; nil if no head comes, or none that can be read.
  private func receiveHead(
    over socket: inout Channel, _ input: inout ByteBuffer, into head: inout RequestHead
  ) async -> Bool? {
    var parser = RequestHeadParser(limits: .request)
    while true {
      if !input.isEmpty {
        switch parser.parse(input.readable, into: &head) {
        case .complete(let byteCount):
          input.consume(byteCount)
          return parser.keepsConnection
        case .rejected: return nil
        case .needsMore: break
        }
      }
      guard await receive(over: &socket, into: &input) else { return nil }
    }
  }

  /// The request's body, cut at the limit; nil if it doesn't come to its end.
  private func receiveBody(
    of head: borrowing RequestHead, over socket: inout Channel, _ input: inout ByteBuffer
  ) async -> [UInt8]? {
    var body = IncomingBody(MessageFraming(ofRequest: head.body), keepsTrailers: false)
    var collected: [UInt8] = []
    if head.expectsContinue, input.isEmpty {
      var interim = ByteBuffer(from: buffers)
      interim.append("HTTP/1.1 100 Continue\r\n\r\n")
      guard await send(&interim, over: &socket) else { return nil }
    }
    while !body.isComplete {
      if input.isEmpty { guard await receive(over: &socket, into: &input) else { return nil } }
      if body.isChunked {
        do throws(ChunkRejection) {
          let decoded = try body.decode(&input)
          Self.collect(input.readable.extracting(decoded.payload), into: &collected)
          input.consume(decoded.consumedCount)
        } catch {
          return nil
        }
      } else {
        let count = body.plainCount(of: input.count)
        Self.collect(input.readable.extracting(first: count), into: &collected)
        body.advance(by: count)
        input.consume(count)
      }
    }
    return collected
  }

  /// The longest wait for a client.
  private static let patience = Duration.seconds(60)

  /// - Returns: false if nothing comes any more.
  private func receive(over socket: inout Channel, into input: inout ByteBuffer) async -> Bool {
    input.reserve(1024)
    do throws(FetchFailure) {
      return try await socket.receive(into: &input, in: loop, until: loop.now.advanced(by: Self.patience)) != nil
    } catch {
      return false
    }
  }

  /// - Returns: false if the client is gone or takes nothing.
  private func send(_ output: inout ByteBuffer, over socket: inout Channel) async -> Bool {
    do throws(FetchFailure) {
      try await socket.send(&output, in: loop, until: loop.now.advanced(by: Self.patience))
      return true
    } catch {
      return false
    }
  }

  private static func collect(_ payload: Span<UInt8>, into collected: inout [UInt8]) {
    collected += payload.extracting(first: max(0, bodyMax - collected.count)).array
  }

  private static func describe(_ head: borrowing RequestHead, body: [UInt8], to answer: inout ByteBuffer) {
    answer.append("{\"method\":")
    answer.appendJSON(string: head.method.text)
    answer.append(",\"path\":")
    answer.appendJSON(string: head.rawTarget)
    answer.append(",\"headers\":{")
    // By name in lower case, in the order in which the names came.
    var places: [[UInt8]: Int] = [:]
    var groups: [[Int]] = []
    for index in 0..<head.fields.count {
      let name = head.fields.name(at: index).array.map(ASCII.lowercased)
      if let place = places[name] {
        groups[place].append(index)
      } else {
        places[name] = groups.count
        groups.append([index])
      }
    }
    for (place, lines) in groups.enumerated() {
      if place > 0 { answer.append(",") }
      answer.appendJSON(string: head.fields.name(at: lines[0]))
      answer.append(":\"")
      for (number, line) in lines.enumerated() {
        if number > 0 { answer.append(", ") }
        answer.appendJSON(escaping: head.fields.value(at: line))
      }
      answer.append("\"")
    }
    answer.append("},\"body\":")
    answer.appendJSON(string: body.span)
    answer.append("}\n")
  }
}
