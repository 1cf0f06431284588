import Bytes
package import HTTP
import TLS
package import Transport

/// Fetches one document from where the configuration, or a provider that it trusts, says that it is.
///
/// Nothing of what comes back is believed before it is complete: not longer than ``sizeLimit``, not later than ``timeLimit`` for all of
/// it, redirects and the resolving of names included. Confined to the loop.
package struct DocumentFetch {
  package static let timeLimit: Duration = .seconds(10)
  package static let sizeLimit = 1024 * 1024
  static let redirectLimit = 3

  let loop: EventLoop
  let resolver: NameResolver
  /// A file of those who may vouch for servers beside the authorities of the system.
  let authorities: String?
  let proxies: ForwardProxies
  let deadline: MonotonicTime
  /// The value of `Accept`.
  let accept: String

  /// - Parameters:
  ///   - authorities: a file of those who may vouch for servers beside the authorities of the system.
  ///   - proxies: what requests go through.
  ///   - deadline: of all that one ``get(_:)`` takes.
  ///   - accept: the media types that are asked for.
  package init(
    loop: EventLoop, resolver: NameResolver, authorities: String?, proxies: ForwardProxies, deadline: MonotonicTime,
    accept: String
  ) {
    self.loop = loop
    self.resolver = resolver
    self.authorities = authorities
    self.proxies = proxies
    self.deadline = deadline
    self.accept = accept
  }

  /// A document, whole.
  package struct Document {
    package var bytes: [UInt8]
    /// The URL of the document, after all redirects.
    package var url: HTTPURL
    /// The document's freshness lifetime in seconds; nil if the response doesn't name one.
    package var lifetime: Int64?
  }

  /// The answer of a server.
  private enum Answer {
    case document(Document)
    case redirect(HTTPURL)
  }

  /// The document at the URL, or at where it leads.
  package func get(_ url: HTTPURL) async throws(FetchFailure) -> Document {
    var url = url
    for _ in 0...Self.redirectLimit {
      switch try await ask(for: url) {
      case .document(let document): return document
      case .redirect(let next):
        // A document that was asked for over TLS is not taken in clear.
        guard next.scheme == .https || url.scheme == .http else { throw .redirectUnprotected }
        url = next
      }
    }
    throw .tooManyRedirects
  }

  private func ask(for url: HTTPURL) async throws(FetchFailure) -> Answer {
    let proxy = proxies.proxy(for: url)
    switch url.scheme {
    case .http:
      var channel = try await connect(to: url, through: proxy)
      return try await exchange(url, over: &channel, through: proxy)
    case .https:
      // Before the connection: it may take milliseconds.
      let tls = ClientTLS(try context(), ServerIdentity(url.host))
      var channel = try await connect(to: url, through: proxy)
      try await channel.secure(as: tls, in: loop, until: deadline)
      return try await exchange(url, over: &channel)
    }
  }

  /// Made anew each time, so that authorities that have been replaced are gone.
  private func context() throws(FetchFailure) -> ClientContext {
    do throws(TLSFileFault) {
      return try ClientContext(ClientTLSSettings(trust: TrustStore.system(and: authorities)))
    } catch {
      throw .authorities(file: authorities ?? "", error)
    }
  }

  // MARK: Connecting

  /// A connection to the URL's server, or to the proxy for it: one that leads to the server if that is to be spoken to over TLS.
  private func connect(to url: HTTPURL, through proxy: ForwardProxy?) async throws(FetchFailure) -> Channel {
    guard let proxy else { return try await connect(to: url.host, port: url.port) }
    do throws(FetchFailure) {
      var socket = try await connect(to: proxy.host, port: proxy.port)
      if url.scheme == .https { try await openTunnel(to: url, over: &socket, through: proxy) }
      return socket
    } catch {
      throw .proxy(proxy.name, error)
    }
  }

  /// Opens a tunnel through the proxy to the URL's server (RFC 9110 §9.3.6).
  private func openTunnel(
    to url: HTTPURL, over socket: inout Channel, through proxy: ForwardProxy
  ) async throws(FetchFailure) {
    // The port is never left out.
    let host = url.host.utf8.contains(UInt8(ascii: ":")) ? "[\(url.host)]" : url.host
    let target = "\(host):\(url.port)"
    var request = ByteBuffer(capacity: 512)
    request.append("CONNECT ")
    request.append(text: target)
    request.append(" HTTP/1.1\r\nHost: ")
    request.append(text: target)
    request.append("\r\nUser-Agent: portcullis\r\n")
    Self.appendAuthorization(for: proxy, to: &request)
    request.append("\r\n")
    try await socket.send(&request, in: loop, until: deadline)
    var reader = ResponseReader(in: loop, until: deadline)
    var head = ResponseHead()
    _ = try await reader.receiveHead(over: &socket, into: &head)
    guard (200..<300).contains(head.status) else { throw .proxyRefused(head.status) }
    // In TLS it is the client who speaks first.
    guard reader.input.isEmpty else { throw .malformed("bytes before the handshake") }
  }

  private static func appendAuthorization(for proxy: ForwardProxy, to request: inout ByteBuffer) {
    guard let authorization = proxy.authorization else { return }
    request.append("Proxy-Authorization: ")
    request.append(text: authorization)
    request.append("\r\n")
  }

  private func connect(to host: String, port: UInt16) async throws(FetchFailure) -> Channel {
    let addresses = try await resolver.addresses(of: host, port: port, in: loop, until: deadline)
    var failure = FetchFailure.timedOut
    for (index, address) in addresses.enumerated() {
      // An address that doesn't answer leaves time for the others.
      let share = (deadline.nanoseconds - loop.now.nanoseconds) / Int64(addresses.count - index)
      do throws(FetchFailure) {
        return try await Channel.connected(to: address, in: loop, until: loop.now.advanced(byNanoseconds: share))
      } catch {
        failure = error
      }
    }
    throw failure
  }

  // MARK: Asking

  /// - Parameter proxy: whom the stream leads to, if that is not the URL's server.
  private func exchange(
    _ url: HTTPURL, over stream: inout Channel, through proxy: ForwardProxy? = nil
  ) async throws(FetchFailure) -> Answer {
    var request = ByteBuffer(capacity: 512)
    request.append("GET ")
    request.append(text: proxy == nil ? url.target : "\(url)")
    request.append(" HTTP/1.1\r\nHost: ")
    request.append(text: url.authority)
    request.append("\r\n")
    if let proxy { Self.appendAuthorization(for: proxy, to: &request) }
    request.append("User-Agent: portcullis\r\nAccept: ")
    request.append(text: accept)
    request.append("\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n")
    try await stream.send(&request, in: loop, until: deadline)

    var reader = ResponseReader(in: loop, until: deadline)
    var head = ResponseHead()
    let framing = try await reader.receiveHead(over: &stream, into: &head)
    switch head.status {
    case 200:
      guard !Self.isEncoded(head) else { throw .encoded }
      let bytes = try await reader.receiveBody(over: &stream, framing, limit: Self.sizeLimit)
      return .document(Document(bytes: bytes, url: url, lifetime: CacheLifetime.seconds(of: head.fields)))
    case 301, 302, 303, 307, 308: return .redirect(try Self.redirect(head, from: url))
    default: throw .status(head.status)
    }
  }

  // MARK: Heads

  private static func isEncoded(_ head: borrowing ResponseHead) -> Bool {
    guard let line = head.fields.first(.contentEncoding) else { return false }
    return head.fields.repeated.contains(.contentEncoding)
      || !head.fields.value(at: line).equalsIgnoringCase("identity")
  }

  private static func redirect(
    _ head: borrowing ResponseHead, from url: HTTPURL
  ) throws(FetchFailure) -> HTTPURL {
    guard let line = head.fields.first(.location), !head.fields.repeated.contains(.location) else {
      throw .redirectNowhere
    }
    do throws(HTTPURLFault) {
      return try url.following(head.fields.value(at: line).text)
    } catch {
      throw .redirectMalformed(error)
    }
  }
}
