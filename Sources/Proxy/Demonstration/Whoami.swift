import Bytes
import Configuration
import HTTP
import JSON
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

    func accepted(_ socket: consuming Socket, listener: Int) {
      let id = loop.handOver(socket)
      let server = server
      Task(executorPreference: loop) { await server.serve(id) }
    }
  }

  private func serve(_ id: SocketID) async {
    var client = HTTP1ClientStream(loop.claim(id), limits: .request, buffers: buffers, now: loop.now)
    var head = RequestHead()
    while true {
      switch await client.receiveHead(into: &head, in: loop) {
      case .request: break
      case .quiet:
        let limit = loop.now.advanced(by: .seconds(75))
        guard await loop.wait(for: client.readable, until: limit) == .ready else { return }
        continue
      case .rejected, .timedOut, .closed: return
      }
      guard let body = await receiveBody(&client, of: head) else { return }
      var answer = ByteBuffer(from: buffers)
      Self.describe(head, body: body, to: &answer)
      texts.update(unixTime: loop.unixTime)
      var fields = FieldBlock()
      _ = fields.append(name: "Content-Type", value: "application/json")
      let response = OwnResponse(status: 200, fields: fields, contentLength: answer.count)
      client.begin(response, answer.readable, keepsAlive: client.mayBeKept, date: texts.imfFixdate.span)
      guard await client.send(in: loop), client.mayBeKept else { return }
    }
  }

  /// The request's body, cut at the limit; nil if it doesn't come to its end.
  private func receiveBody(_ client: inout HTTP1ClientStream, of head: borrowing RequestHead) async -> [UInt8]? {
    var collected: [UInt8] = []
    if client.awaitsContinue && !client.isReadable {
      client.beginContinue()
      guard await client.send(in: loop) else { return nil }
    }
    var payload = ByteBuffer(from: buffers)
    while !client.isBodyReceived {
      switch client.readBody(into: &payload) {
      case .payload:
        Self.collect(payload.readable, into: &collected)
        payload.removeAll()
      case .wouldBlock:
        let limit = loop.now.advanced(by: .seconds(60))
        guard await loop.wait(for: client.readable, until: limit) == .ready else { return nil }
      case .failed: return nil
      }
    }
    return collected
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

/// Waits of a program that has time.
extension HTTP1ClientStream {
  private static var patience: Duration { .seconds(10) }

  /// Reads until a request head is complete.
  fileprivate mutating func receiveHead(into head: inout RequestHead, in loop: EventLoop) async -> Arrival {
    let timeout = Self.patience.wholeNanoseconds
    expectHead(at: loop.now, timeout: timeout)
    while true {
      if let arrival = receiveHead(into: &head, at: loop.now, timeout: timeout) { return arrival }
      if await loop.wait(for: readable, until: headDeadline) == .timedOut { return lateness }
    }
  }

  /// Writes what waits to be written.
  ///
  /// - Returns: false if the client is gone or takes nothing.
  fileprivate mutating func send(in loop: EventLoop) async -> Bool {
    while true {
      switch flush() {
      case .done: return true
      case .failed: return false
      case .wouldBlock:
        let limit = loop.now.advanced(by: Self.patience)
        guard await loop.wait(for: writable, until: limit) == .ready else { return false }
      }
    }
  }
}
