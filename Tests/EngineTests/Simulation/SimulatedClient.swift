/// A client of a simulation: sends a few requests over one connection, reads what comes, and judges it.
final class SimulatedClient {
  /// The fault on its side, once it has sent so many bytes.
  private enum Fault {
    case none
    case halfClose
    case close
    case reset
    /// It sends nothing more, and waits.
    case silence
    /// It reads nothing more.
    case deafness
  }

  private let number: Int
  private let link: MemoryLink
  private unowned let simulation: Simulation
  private let isPipelining: Bool
  private let fault: Fault
  private let faultAt: Int
  private var hasFaulted = false
  private let requestCount: Int

  private var sent: [Exchanged] = []
  private var answeredCount = 0
  private var output: [UInt8] = []
  private var outputStart = 0
  private var sentCount = 0
  /// The place in all that was sent at which each request ends.
  private var ends: [Int] = []
  /// A body that is held back until the 100 has come.
  private var heldBody: [UInt8]?
  private var reader = MessageReader()
  private var current: MessageReader.Head?
  private var payloadCount = 0
  private var hasEnded = false
  /// It has read the connection's end, or ended it itself.
  private(set) var isOver = false

  // A WebSocket that is open.
  private var isTunnel = false
  private var tunnelSent = 0
  private var tunnelReceived: [UInt8] = []

  init(_ number: Int, over link: MemoryLink, in simulation: Simulation) {
    self.number = number
    self.link = link
    self.simulation = simulation
    isPipelining = simulation.random.chance(1, in: 3)
    fault =
      !simulation.swarm.hasClientFaults || simulation.random.chance(1, in: 2)
      ? .none : simulation.random.pick([.halfClose, .close, .reset, .silence, .deafness])
    faultAt = simulation.random.number(in: 0...2000)
    requestCount = simulation.random.number(in: 1...simulation.swarm.requestMax)
  }

  func begin() { act() }

  private func act() {
    guard !isOver else { return }
    if fault != .deafness || !hasFaulted { read() }
    guard !isOver, simulation.faults.isEmpty else { return }
    prepare()
    write()
    if !hasFaulted, fault != .none, sentCount >= faultAt || sentCount > 0 && output.count == outputStart { doFault() }
    guard !isOver else { return }
    if sent.count == requestCount, answeredCount == sent.count, output.count == outputStart, !isTunnel {
      return finish()
    }
    simulation.after(simulation.pause()) { [self] in act() }
  }

  /// Closes, as a client does that has all it wanted.
  private func finish() {
    isOver = true
    link.close()
  }

  private func doFault() {
    hasFaulted = true
    simulation.trace("client \(number): \(fault)")
    switch fault {
    case .none, .deafness: break
    case .silence: output.removeLast(output.count - outputStart)
    case .halfClose: link.finish()
    case .close:
      link.close()
      isOver = true
    case .reset:
      link.reset()
      isOver = true
    }
    // One that waits for nothing more goes away at last.
    if !isOver { simulation.after(30_000_000_000) { [self] in giveUp() } }
  }

  private func giveUp() {
    guard !isOver else { return }
    isOver = true
    link.reset()
  }

  // MARK: Sending

  private func prepare() {
    guard sent.count < requestCount, !isTunnel, heldBody == nil, !hasFaulted else { return }
    guard isPipelining || answeredCount == sent.count else { return }
    // Nothing may follow: the answers that are due are waited for.
    if let last = sent.last, last.closes || last.kind == .webSocket { return }
    let request = simulation.makeRequest()
    sent.append(request)
    output += request.head
    let body = request.body(&simulation.random)
    if request.expectsContinue {
      heldBody = body
      simulation.after(1_500_000_000) { [self] in releaseBody() }
    } else {
      output += body
    }
    ends.append(sentCount + output.count - outputStart + (heldBody?.count ?? 0))
  }

  private func releaseBody() {
    guard let body = heldBody.take(), !(hasFaulted && fault == .silence) else { return }
    output += body
  }

  private func write() {
    if isTunnel { return writeTunnel() }
    guard outputStart < output.count, !(hasFaulted && fault == .halfClose) else { return }
    let most = min(output.count - outputStart, simulation.random.number(in: 1...9000))
    let count = link.write(output[outputStart..<outputStart + most])
    if count > 0 { simulation.trace("client \(number) > \(shown(output[outputStart..<outputStart + count]))") }
    outputStart += count
    sentCount += count
    for (index, end) in ends.enumerated() where sentCount >= end { sent[index].isSent = true }
    if outputStart == output.count {
      output.removeAll()
      outputStart = 0
    }
  }

  // MARK: Receiving

  private func read() {
    let bytes = link.read(atMost: simulation.random.number(in: 1...20_000))
    simulation.note(number, bytes)
    if !bytes.isEmpty { simulation.trace("client \(number) < \(shown(bytes))") }
    if isTunnel {
      tunnelReceived += bytes
    } else {
      reader.add(bytes)
      digest()
    }
    if isTunnel { judgeTunnel() }
    if link.hasEnded, bytes.isEmpty {
      simulation.trace("client \(number): the connection has ended")
      ended()
    }
  }

  private func digest() {
    while simulation.faults.isEmpty, !isTunnel, let event = reader.next() {
      switch event {
      case .malformed(let text): return bad("a response that is none: \(text)")
      case .head(let head): takeHead(head)
      case .payload(let bytes):
        takePayload(bytes)
        if reader.takePendingEnd() { takeEnd() }
      case .end: takeEnd()
      }
    }
  }

  private func bad(_ text: String) { simulation.fault("client \(number): \(text)") }

  private func takeHead(_ head: MessageReader.Head) {
    guard let status = head.status else { return bad("a status line '\(head.firstLine)'") }
    if (100..<200).contains(status), status != 101 {
      guard answeredCount < sent.count else { return bad("an interim response that nothing was asked for") }
      if status == 100 { releaseBody() }
      return
    }
    guard answeredCount < sent.count else { return bad("a response that nothing was asked for: \(head.firstLine)") }
    let request = sent[answeredCount]
    current = head
    payloadCount = 0
    judge(status, head, of: request)
    if status == 101 {
      isTunnel = true
      tunnelReceived = Array(reader.takeRest())
      return
    }
    let isBodiless = request.kind == .head || status == 204 || status == 304
    if !reader.beginBody(of: head, isResponse: true, isBodiless: isBodiless) { takeEnd() }
  }

  /// Holds status and number against the request.
  private func judge(_ status: Int, _ head: MessageReader.Head, of request: Exchanged) {
    let echoed = head.value("x-number")
    if let echoed {
      guard echoed == "\(request.number)" else { return bad("the response of \(echoed) to \(request.number)") }
      guard request.kind != .noToken, request.kind != .noRoute else { return bad("a refused request was answered") }
      let expected = request.kind == .webSocket ? 101 : request.status
      guard status == expected else { return bad("status \(status) for \(expected)") }
      return
    }
    // A request behind a bad one, or one that was cut short, is refused before anybody looks at its token.
    let isUnsure = !simulation.isCalm && status >= 400
    switch request.kind {
    case .noToken: if status != 401, !isUnsure { bad("status \(status) without a token") }
    case .noRoute: if status != 404, !isUnsure { bad("status \(status) where no route is") }
    case .get, .head, .post, .webSocket:
      if status < 400 || [401, 403, 404].contains(status) { return bad("status \(status) of nobody's") }
      if simulation.isCalm { bad("status \(status) for \(request.number), which is all right") }
    }
  }

  private func takePayload(_ bytes: ArraySlice<UInt8>) {
    guard let current, answeredCount < sent.count else { return bad("a body of no response") }
    let request = sent[answeredCount]
    if current.value("x-number") != nil {
      for (offset, byte) in bytes.enumerated() where byte != request.answerByte(payloadCount + offset) {
        return bad("byte \(payloadCount + offset) of \(request.number)'s response is another one's")
      }
    }
    payloadCount += bytes.count
  }

  private func takeEnd() {
    guard let current, answeredCount < sent.count else { return bad("an end of no response") }
    let request = sent[answeredCount]
    if current.value("x-number") != nil, request.kind != .head {
      if payloadCount != request.answerCount {
        return bad("\(payloadCount) of \(request.answerCount) bytes of \(request.number)'s response look whole")
      }
    }
    answeredCount += 1
    self.current = nil
    if heldBody != nil, answeredCount == sent.count {
      // A final answer to a body that was never sent: nothing can follow.
      heldBody = nil
      isOver = true
      link.close()
    }
  }

  /// The connection has come to its end.
  private func ended() {
    if !link.isReset, reader.isUntilClose { takeEnd() }
    hasEnded = true
    isOver = true
    link.close()
  }

  // MARK: A WebSocket

  private func writeTunnel() {
    guard let request = sent.last, tunnelSent < 5, !hasFaulted else {
      if tunnelSent >= 5, tunnelReceived.isEmpty, !isOver { finish() }
      return
    }
    // A binary frame of a few bytes, masked with zeros (RFC 6455 §5.2).
    let payload = (0..<4).map { request.bodyByte(tunnelSent * 4 + $0) }
    let frame: [UInt8] = [0x82, 0x84, 0, 0, 0, 0] + payload
    if link.write(frame[...]) == frame.count { tunnelSent += 1 } else { hasFaulted = true }
  }

  private var tunnelEchoed = 0

  /// Every frame is the echo of one that was sent, or the gateway's Close.
  private func judgeTunnel() {
    guard let request = sent.last else { return }
    while tunnelReceived.count >= 2 {
      let count = Int(tunnelReceived[1])
      guard count < 126 else { return bad("a frame of \(count) bytes in the tunnel") }
      guard tunnelReceived.count >= 2 + count else { return }
      let payload = tunnelReceived[2..<2 + count]
      switch tunnelReceived[0] {
      case 0x88: break
      case 0x82:
        let expected = (0..<4).map { request.bodyByte(tunnelEchoed * 4 + $0) }
        guard Array(payload) == expected else { return bad("frame \(tunnelEchoed) of the tunnel is another one's") }
        tunnelEchoed += 1
      default: return bad("a frame \(tunnelReceived[0]) in the tunnel")
      }
      tunnelReceived.removeFirst(2 + count)
    }
  }

  // MARK: The end

  /// After the simulation: what was due has come, or the connection has ended.
  func settle() {
    if !isOver { bad("it is still there") }
    if simulation.isCalm, answeredCount < sent.count, !isTunnel {
      bad("\(answeredCount) of \(sent.count) requests were answered where nothing has gone wrong")
    }
    if answeredCount > sent.count { bad("\(answeredCount) answers to \(sent.count) requests") }
  }
}

/// Bytes for a trace, at most eighty.
func shown(_ bytes: ArraySlice<UInt8>) -> String {
  let text = String(decoding: bytes.prefix(80).map { (32..<127).contains($0) ? $0 : UInt8(ascii: "~") }, as: UTF8.self)
  return "\(bytes.count) bytes: \(text)"
}
