package import Bytes

extension UpstreamRequestWriter {
  /// Appends the head of a request as HTTP/1.1 has it.
  package static func write(
    _ head: borrowing RequestHead, rules: ForwardingRules, identity: FieldRun, authority: UpstreamAuthority,
    plan: RequestHeadPlan, peer: Peer, to buffer: inout ByteBuffer
  ) {
    var writer = HTTP1HeadWriter(taking: &buffer)
    writer.reserve(head.fields.bytes.count &+ 512)
    write(head, rules: rules, identity: identity, authority: authority, plan: plan, peer: peer, to: &writer)
    writer.giveBack(to: &buffer)
  }
}

extension DownstreamResponseWriter {
  /// The promise that a head of HTTP/1.1 gives the client.
  package struct Promise: Sendable, Equatable {
    /// The framing in which the body must now be sent.
    package var framing: MessageFraming
    /// True if the connection may take another request behind it.
    package var keepsAlive: Bool
  }

  /// Appends the head of a final response, or of a 101, as HTTP/1.1 has it.
  ///
  /// A body that ends with the upstream's connection is sent in chunks, so that the client's connection can be kept and a body that
  /// broke off is seen as such.
  package static func write(
    _ head: borrowing ResponseHead, rules: ResponseRules, grant: FieldBlock, plan: borrowing ResponseHeadPlan,
    date: Span<UInt8>, to buffer: inout ByteBuffer
  ) -> Promise {
    let framing = MessageFraming(ofResponse: head.body, to: plan.clientVersion)
    let promise = Promise(framing: framing, keepsAlive: plan.keepsAlive && !framing.isUntilClose)
    var writer = HTTP1HeadWriter(taking: &buffer, peerVersion: plan.clientVersion)
    writer.reserve(head.fields.bytes.count &+ 256)
    write(
      head, rules: rules, grant: grant, plan: plan, keepsConnection: promise.keepsAlive, date: date, to: &writer)
    writer.giveBack(to: &buffer)
    return promise
  }

  /// Appends the head of an interim response (RFC 9110 §15.2) as HTTP/1.1 has it.
  ///
  /// Clients that speak HTTP/1.0 know none, and must not be sent one.
  package static func writeInterim(_ head: borrowing ResponseHead, rules: ResponseRules, to buffer: inout ByteBuffer) {
    var writer = HTTP1HeadWriter(taking: &buffer)
    writeInterim(head, rules: rules, to: &writer)
    writer.giveBack(to: &buffer)
  }
}

extension LocalResponse {
  /// Appends the head as HTTP/1.1 has it.
  ///
  /// - Parameters:
  ///   - version: the request's; HTTP/1.1 if none could be read.
  ///   - keepsAlive: true if the connection is kept.
  ///   - date: the present moment (`CalendarTime.imfFixdate`).
  ///   - transportSecurity: the listener's `Strict-Transport-Security`; nil for none.
  package func write(
    version: Version, keepsAlive: Bool, date: Span<UInt8>, transportSecurity: FieldBlock? = nil,
    to buffer: inout ByteBuffer
  ) {
    var writer = HTTP1HeadWriter(taking: &buffer, peerVersion: version)
    write(keepsConnection: keepsAlive, date: date, transportSecurity: transportSecurity, to: &writer)
    writer.giveBack(to: &buffer)
  }
}
