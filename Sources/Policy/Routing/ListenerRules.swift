import Bytes
package import Configuration
package import HTTP

/// The rules of a listener that every request there goes by, before any route.
///
/// Immutable; a listener in clear that sends nobody on has none.
package final class ListenerRules: Sendable {
  /// The place that every request is sent on to; nil where requests are served.
  let redirect: ListenerRedirect?
  /// The field that every answer over TLS carries (RFC 6797); nil for none.
  package let transportSecurity: FieldBlock?
  /// Nil where no request can have come to the wrong listener.
  package let misdirection: MisdirectionRule?

  /// - Parameter misdirection: counts for requests over TLS alone.
  package init?(_ listener: ListenerConfiguration, misdirection: MisdirectionRule? = nil) {
    redirect = listener.redirect
    transportSecurity = listener.tls?.hsts.map { duration in
      var fields = FieldBlock()
      let isAppended = fields.append(
        name: "Strict-Transport-Security", value: "max-age=\(duration.components.seconds)")
      assert(isAppended, "a number is no field value")
      return fields
    }
    self.misdirection = misdirection
    if redirect == nil, transportSecurity == nil, misdirection == nil { return nil }
  }
}

extension Policy {
  /// The answer that a listener gives in place of any route; nil for a request that is served.
  ///
  /// - Throws: 421 for a request that came to the wrong listener, and the refusal of one that names no host to send it to.
  func answer(
    of rules: ListenerRules, to head: borrowing RequestHead, from peer: Peer
  ) throws(Rejection) -> LocalReply? {
    if peer.scheme == .https, rules.misdirection?.covers(head.host) == true {
      throw rejection(.misdirectedRequest, head, on: nil)
    }
    guard let redirect = rules.redirect else { return nil }
    guard !head.host.isEmpty else { throw rejection(.missingHost, head, on: nil) }
    var fields = FieldBlock()
    let location = Self.location(of: head, at: redirect)
    guard fields.append(name: "Location", value: location) else { throw rejection(.malformedTarget, head, on: nil) }
    return LocalReply(status: 308, fields: fields, body: [], route: nil, identity: nil, wouldRefuse: nil)
  }

  /// The URL of a request with `https` and that port: what stands behind the host is as the client sent it.
  private static func location(of head: borrowing RequestHead, at redirect: ListenerRedirect) -> String {
    let port = redirect.port == 443 ? "" : ":\(redirect.port)"
    let place = "https://\(head.host.text)\(port)"
    if head.target.isAsterisk { return place }
    return place + (head.scheme == nil ? head.rawTarget.text : head.target.pathAndQuery.text)
  }
}
