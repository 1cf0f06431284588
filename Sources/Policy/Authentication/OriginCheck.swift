import Bytes
import HTTP

/// The check against cross-site requests, for tokens from cookies: browsers send cookies along with requests that other sites
/// cause.
enum OriginCheck {
  /// True if the method changes nothing, so that it doesn't matter who caused the request.
  ///
  /// WebSocket handshakes are not bound by the same-origin policy, so they count among those that matter.
  static func isExempt(_ head: borrowing RequestHead) -> Bool {
    switch head.method {
    case .get, .head, .options: !head.isWebSocketUpgrade
    case .post, .put, .delete, .patch, .trace, .connect, .other: false
    }
  }

  /// True if the browser says that the request comes from the same origin, from a listed one, or from the user alone.
  static func passes(_ head: borrowing RequestHead, peer: Peer, cors: CORSPolicy?) -> Bool {
    if isExempt(head) { return true }
    guard let line = try? head.fields.single(.origin) else {
      return !head.fields.contains(.origin) && isSameSite(head)
    }
    let origin = head.fields.value(at: line)
    return cors?.lists(origin) == true || isOwn(origin, of: head, peer: peer)
  }

  /// `Sec-Fetch-Site` (Fetch Metadata §2.4), which a page can't set.
  private static func isSameSite(_ head: borrowing RequestHead) -> Bool {
    guard let line = try? head.fields.single(.secFetchSite) else { return false }
    let site = head.fields.value(at: line)
    return site.equals("same-origin") || site.equals("none")
  }

  /// Compares an origin (RFC 6454 §6.1) with the scheme, host and port that the request was sent to.
  ///
  /// A trusted peer says what these were in front of it.
  static func isOwn(_ origin: Span<UInt8>, of head: borrowing RequestHead, peer: Peer) -> Bool {
    let isSecure = isSecure(head, peer: peer)
    let prefix: StaticString = isSecure ? "https://" : "http://"
    let length = prefix.utf8CodeUnitCount
    guard origin.count > length, origin.extracting(0..<length).equalsIgnoringCase(prefix) else { return false }
    let named = authority(origin.extracting(length..<origin.count), isSecure: isSecure)
    guard peer.isTrusted else { return named.equalsIgnoringCase(authority(head.authority, isSecure: isSecure)) }
    if let line = try? head.fields.single(.xForwardedHost) {
      return isAuthority(named, head.fields.value(at: line), of: head, isSecure: isSecure)
    }
    return isAuthority(named, head.authority, of: head, isSecure: isSecure)
  }

  /// True if a trusted peer says that the request was sent to this authority, its port in a field of its own or not.
  private static func isAuthority(
    _ named: Span<UInt8>, _ host: Span<UInt8>, of head: borrowing RequestHead, isSecure: Bool
  ) -> Bool {
    if named.equalsIgnoringCase(authority(host, isSecure: isSecure)) { return true }
    guard let line = try? head.fields.single(.xForwardedPort) else { return false }
    let port = head.fields.value(at: line)
    let bare = authority(host, isSecure: isSecure)
    guard port.count > 0, named.count == bare.count &+ 1 &+ port.count, named[bare.count] == UInt8(ascii: ":") else {
      return false
    }
    return named.extracting(0..<bare.count).equalsIgnoringCase(bare)
      && named.extracting((bare.count &+ 1)..<named.count).equals(port)
  }

  /// True if the request was sent over TLS, to the gateway or to the trusted peer in front of it.
  static func isSecure(_ head: borrowing RequestHead, peer: Peer) -> Bool {
    guard peer.isTrusted, let line = try? head.fields.single(.xForwardedProto) else { return peer.scheme == .https }
    return head.fields.value(at: line).equalsIgnoringCase("https")
  }

  /// The authority without the scheme's own port and without a dot at the end of the host.
  @_lifetime(copy text)
  private static func authority(_ text: Span<UInt8>, isSecure: Bool) -> Span<UInt8> {
    var end = text.count
    let port: StaticString = isSecure ? ":443" : ":80"
    let length = port.utf8CodeUnitCount
    if end > length, text.extracting((end &- length)..<end).equals(port) { end &-= length }
    if end > 1, text[end &- 1] == UInt8(ascii: ".") { end &-= 1 }
    return text.extracting(0..<end)
  }
}
