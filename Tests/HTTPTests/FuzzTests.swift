import Bytes
import HTTP
import TestSupport
import Testing

/// Nothing here knows what is right for hostile bytes; it knows what must hold of every answer.
@Suite struct `Hostile bytes` {
  private let rules = ForwardingRules(identityNames: IdentityFieldNames(["X-Auth-User"]))
  private let peer = Peer(address: IPAddress("192.0.2.7"), scheme: .http, trustedProxies: TrustedProxies())

  private func cut(_ count: Int, _ generator: inout SplitMix64) -> Cut {
    .places((0..<Int.random(in: 1...4, using: &generator)).map { _ in Int.random(in: 0...count, using: &generator) })
  }

  @Test func `a request head is the same however it is cut, and means the same forwarded`() {
    let seeds = Corpus.requests.map(\.bytes)
    fuzz(seed: 1) { generator in
      let bytes = (seeds.randomElement(using: &generator) ?? []).mutated(using: &generator)
      var head = RequestHead()
      let whole = Readings.request(bytes, into: &head)
      #expect(Readings.request(bytes, cut: cut(bytes.count, &generator)) == whole, "\(Corpus.escaped(bytes))")
      #expect(Readings.request(bytes, cut: .everywhere) == whole, "\(Corpus.escaped(bytes))")
      if whole.count > 1 { checkForwarded(head, bytes) }
    }
  }

  private func checkForwarded(_ head: borrowing RequestHead, _ bytes: [UInt8]) {
    let plan = RequestHeadPlan(
      requestID: RequestID(high: 1, low: 2))
    var buffer = ByteBuffer()
    UpstreamRequestWriter.write(
      head, rules: rules, identity: FieldRun(), authority: .localhost, plan: plan, peer: peer, to: &buffer)
    var again = RequestHead()
    let output = buffer.readable.array
    let reading = Readings.request(output, limits: .response.with(targetBytes: 9000), into: &again)
    let comment = Comment(rawValue: "\(Corpus.escaped(bytes)) became \(Corpus.escaped(output))")
    #expect(reading.last == "rest 0", comment)
    #expect(again.method == head.method, comment)
    #expect(again.target.path.array == head.target.path.array, comment)
    #expect(again.target.queryBytes == head.target.queryBytes, comment)
    #expect(again.body == head.body, comment)
    #expect(again.expectsContinue == head.expectsContinue, comment)
    let host = head.host.array
    #expect(host.isEmpty || again.host.array == host, comment)
    for index in 0..<again.fields.count {
      let isCovered = rules.identityNames.covers(again.fields.name(at: index))
      #expect(!isCovered, comment)
    }
  }

  @Test func `a response head is the same however it is cut, and means the same relayed`() {
    let seeds = Corpus.responses.map(\.bytes)
    let rules = ResponseRules()
    fuzz(seed: 2) { generator in
      let bytes = (seeds.randomElement(using: &generator) ?? []).mutated(using: &generator)
      var head = ResponseHead()
      let whole = Readings.response(bytes, into: &head)
      #expect(Readings.response(bytes, cut: cut(bytes.count, &generator)) == whole, "\(Corpus.escaped(bytes))")
      #expect(Readings.response(bytes, cut: .everywhere) == whole, "\(Corpus.escaped(bytes))")
      guard whole.count > 1 else { return }
      var buffer = ByteBuffer()
      let plan = ResponseHeadPlan(clientVersion: .http11, keepsAlive: true)
      let promise = DownstreamResponseWriter.write(
        head, rules: rules, grant: FieldBlock(), plan: plan, date: Span(), to: &buffer)
      var again = ResponseHead()
      let reading = Readings.response(buffer.readable.array, into: &again)
      #expect(reading.last == "rest 0", "\(Corpus.escaped(bytes))")
      #expect(
        again.status == head.status && reading.contains("framing \(promise.framing.word)"), "\(Corpus.escaped(bytes))")
    }
  }

  @Test func `chunks are the same however they are cut`() {
    let seeds = Corpus.chunks.map(\.bytes)
    fuzz(seed: 3) { generator in
      let bytes = (seeds.randomElement(using: &generator) ?? []).mutated(using: &generator)
      let whole = Readings.chunks(bytes)
      #expect(Readings.chunks(bytes, cut: cut(bytes.count, &generator)) == whole, "\(Corpus.escaped(bytes))")
      #expect(Readings.chunks(bytes, cut: .everywhere) == whole, "\(Corpus.escaped(bytes))")
    }
  }

  @Test func `a PROXY header is the same however it is cut, and never longer than it says`() {
    let seeds = Corpus.proxyHeaders.map(\.bytes)
    fuzz(seed: 5) { generator in
      let bytes = (seeds.randomElement(using: &generator) ?? []).mutated(using: &generator)
      let whole = Readings.proxyHeader(bytes)
      #expect(Readings.proxyHeader(bytes, cut: cut(bytes.count, &generator)) == whole, "\(Corpus.escaped(bytes))")
      #expect(Readings.proxyHeader(bytes, cut: .everywhere) == whole, "\(Corpus.escaped(bytes))")
      switch ProxyHeader.parse(bytes.span) {
      case .complete(let header):
        #expect(header.byteCount <= min(bytes.count, ProxyHeader.byteMax), "\(Corpus.escaped(bytes))")
        let alone = ProxyHeader.parse(bytes.span.extracting(first: header.byteCount))
        #expect(alone == .complete(header), "\(Corpus.escaped(bytes))")
      case .needsMore(let count):
        #expect(count > bytes.count && count <= ProxyHeader.byteMax, "\(Corpus.escaped(bytes))")
      case .malformed: break
      }
    }
  }

  @Test func `a canonical path stays as it is`() {
    let pieces = [
      "/", "//", ".", "..", "a", "%2e", "%2E", "%2f", "%5c", "%25", "%41", "%3b", ";", "%", "2e", "%c3%a9", "{", "~",
      "\\", "x",
    ]
    fuzz(seed: 4) { generator in
      let text =
        "/"
        + (0..<Int.random(in: 0...9, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
        .joined()
      var once: [UInt8] = []
      guard let traits = try? CanonicalPath.append(Array(text.utf8).span, to: &once) else { return }
      var twice: [UInt8] = []
      let again = try? CanonicalPath.append(once.span, to: &twice)
      #expect(once == twice && again == traits, "\(text)")
      let isCanonical = CanonicalPath.isCanonical(once.span)
      #expect(isCanonical, "\(text)")
      let segments = once.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      #expect(!segments.contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }, "\(text)")
      #expect(!segments.dropFirst().dropLast().contains { $0.isEmpty }, "\(text)")
    }
  }
}

extension HeadLimits {
  fileprivate func with(targetBytes: Int) -> HeadLimits {
    var limits = self
    limits.targetBytes = targetBytes
    return limits
  }
}
