import Transport

/// A server of a simulation: reads requests, judges them, and answers as they say.
final class SimulatedUpstream {
  private let link: MemoryLink
  private unowned let simulation: Simulation
  private var reader = MessageReader()
  private var request: Exchanged?
  private var received = 0
  private var requestCount = 0
  private var isRequestWhole = false
  private var hasAnswered = false
  private var output: [UInt8] = []
  private var outputStart = 0
  /// The place in the output at which it breaks off.
  private var cut: (at: Int, byReset: Bool)?
  private var closesAfterOutput = false
  private var isOver = false
  private var isTunnel = false
  /// Idle for so long, it closes: as servers do that keep connections for less than the gateway.
  private var idleSince: Int64 = 0

  init(over link: MemoryLink, in simulation: Simulation) {
    self.link = link
    self.simulation = simulation
  }

  func begin() { act() }

  private func act() {
    guard !isOver else { return }
    read()
    guard !isOver, simulation.faults.isEmpty else { return }
    answer()
    write()
    guard !isOver else { return }
    if request == nil, output.isEmpty {
      if idleSince == 0 { idleSince = simulation.now.nanoseconds }
      if simulation.now.nanoseconds - idleSince > 3_000_000_000 {
        isOver = true
        simulation.trace("upstream \(link.number): idle too long")
        return link.close()
      }
    } else {
      idleSince = 0
    }
    simulation.after(simulation.pause()) { [self] in act() }
  }

  private func bad(_ text: String) { simulation.fault("upstream: \(text)") }

  private func read() {
    // One that has answered early may not read on at once.
    if hasAnswered, !isRequestWhole, simulation.random.chance(1, in: 2) { return }
    let bytes = link.read(atMost: simulation.random.number(in: 1...20_000))
    simulation.note(-link.number, bytes)
    if !bytes.isEmpty { simulation.trace("upstream \(link.number) < \(shown(bytes))") }
    if isTunnel {
      echo(bytes)
    } else {
      reader.add(bytes)
      digest()
    }
    if link.hasEnded, bytes.isEmpty {
      isOver = true
      link.close()
    }
  }

  private func digest() {
    while simulation.faults.isEmpty, !isTunnel {
      // The next request is read when this one is done with.
      if isRequestWhole { return }
      guard let event = reader.next() else { return }
      switch event {
      case .malformed(let text): return bad("a request that is none: \(text)")
      case .head(let head): takeHead(head)
      case .payload(let bytes):
        takePayload(bytes)
        if reader.takePendingEnd() { takeEnd() }
      case .end: takeEnd()
      }
    }
  }

  private func takeHead(_ head: MessageReader.Head) {
    guard let number = head.value("x-number").flatMap({ Int($0) }), simulation.requests.indices.contains(number) else {
      return bad("a request of nobody's: \(head.firstLine)")
    }
    let request = simulation.requests[number]
    guard request.kind != .noToken, request.kind != .noRoute else { return bad("a request that had to be refused") }
    guard head.value("x-request-id") != nil else { return bad("a request without an id") }
    guard head.firstLine.contains("\(request.prefix)/\(number) ") else { return bad("the head of another request") }
    self.request = request
    request.arrivals += 1
    requestCount += 1
    if request.kind == .post, request.arrivals > 1 { return bad("request \(number) came twice") }
    received = 0
    isRequestWhole = false
    hasAnswered = false
    if !reader.beginBody(of: head, isResponse: false, isBodiless: false) { takeEnd() }
  }

  private func takePayload(_ bytes: ArraySlice<UInt8>) {
    guard let request else { return bad("a body of no request") }
    for (offset, byte) in bytes.enumerated() where byte != request.bodyByte(received + offset) {
      return bad("byte \(received + offset) of \(request.number)'s body is another one's")
    }
    received += bytes.count
  }

  private func takeEnd() {
    guard let request else { return bad("an end of no request") }
    guard received == request.bodyCount else {
      return bad("\(received) of \(request.bodyCount) bytes of \(request.number)'s body look whole")
    }
    isRequestWhole = true
  }

  // MARK: Answering

  private func answer() {
    guard let request, !hasAnswered, isRequestWhole || request.isEarly else { return }
    hasAnswered = true
    for _ in 0..<request.interimCount where request.kind != .webSocket && !request.isUnanswered {
      output += Array("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".utf8)
    }
    switch request.ending {
    case .silent: return
    case .unanswered(let byReset):
      simulation.trace(
        "upstream \(link.number): leaves \(request.kind) \(request.number) unanswered, its \(requestCount).")
      isOver = true
      if byReset { link.reset() } else { link.close() }
      return
    case .malformed:
      output += Array("HTTP/1.1 twohundred OK\r\n\r\n".utf8)
      closesAfterOutput = true
    case .whole, .truncated:
      let (head, body) = request.answer(&simulation.random)
      let begin = output.count
      output += head + body
      if case .truncated(let byReset) = request.ending, request.kind != .webSocket {
        cut = (simulation.random.number(in: begin...output.count - 1), byReset)
        // Without a framing of its own a body that ends early is a shorter body, unless the connection is reset.
        if request.answerFraming == .untilClose { cut?.byReset = true }
      }
      if request.kind == .webSocket { isTunnel = true }
      if request.hasRubbish, request.kind != .webSocket { output += Array("rubbish".utf8) }
      closesAfterOutput = request.answerCloses || request.answerFraming == .untilClose && request.kind != .webSocket
    }
  }

  private func write() {
    guard outputStart < output.count else { return next() }
    var most = min(output.count - outputStart, simulation.random.number(in: 1...9000))
    if let cut { most = min(most, max(0, cut.at - outputStart)) }
    let count = most > 0 ? link.write(output[outputStart..<outputStart + most]) : 0
    if count > 0 { simulation.trace("upstream \(link.number) > \(shown(output[outputStart..<outputStart + count]))") }
    outputStart += count
    if let cut, outputStart >= cut.at {
      isOver = true
      if cut.byReset { link.reset() } else { link.close() }
      return
    }
    if outputStart == output.count { next() }
  }

  /// All is written: the next request, or the end.
  private func next() {
    guard outputStart == output.count, hasAnswered, !isTunnel else { return }
    if case .silent? = request?.ending { return }
    if closesAfterOutput {
      isOver = true
      return link.close()
    }
    output.removeAll()
    outputStart = 0
    guard isRequestWhole else { return }
    request = nil
    isRequestWhole = false
    hasAnswered = false
    digest()
  }

  // MARK: A WebSocket

  private var tunnelInput: [UInt8] = []

  /// Sends every frame back, without its mask.
  private func echo(_ bytes: ArraySlice<UInt8>) {
    tunnelInput += bytes
    while tunnelInput.count >= 6 {
      let count = Int(tunnelInput[1] & 0x7F)
      guard tunnelInput.count >= 6 + count else { return }
      if tunnelInput[0] == 0x82 { output += [0x82, UInt8(count)] + tunnelInput[6..<6 + count] }
      tunnelInput.removeFirst(6 + count)
    }
  }
}
