import Configuration
import HTTP
import Testing

/// The values of listeners and of upstreams that speak TLS.
@Suite struct ListenerLoaderTests {
  func load(listen: String, _ top: String = "") throws -> GatewayConfiguration {
    let text = """
      { "listen": [\(listen)], \(top)
        "routes": [{ "path": "/", "auth": "none", "upstream": "u" }] }
      """
    let upstream = top.contains("upstreams") ? "" : #""upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },"#
    let result = ConfigurationLoader.load(
      text.replacing(#""routes""#, with: upstream + #""routes""#).utf8Span.span, fileName: "/etc/g/gateway.json",
      environment: [:])
    return try #require(result.configuration, "\(result.diagnostics)")
  }

  @Test(arguments: [#""127.0.0.1:1""#, #"{ "address": "127.0.0.1:1" }"#])
  func `a listener is in clear, with HTTP/2, and leads nowhere else`(entry: String) throws {
    let gateway = try load(listen: entry)
    let listener = try #require(gateway.listeners.first)
    #expect(listener.tls == nil)
    #expect(listener.isHTTP2Enabled)
    #expect(listener.redirect == nil)
    #expect(listener.proxyProtocol == nil)
    #expect(gateway.limits.handshakeTimeout == .seconds(10))
    #expect(gateway.upstreams.first?.tls == nil)
    #expect(gateway.upstreams.first?.httpVersion == .http1)
  }

  @Test func `TLS takes its defaults from certificates alone`() throws {
    let gateway = try load(
      listen: #"{ "address": "[::]:443", "tls": { "certificates": [{ "certificate": "a.pem", "key": "/k/a.key" }] } }"#)
    let tls = try #require(gateway.listeners.first?.tls)
    #expect(tls.certificates.map(\.certificate.value) == ["/etc/g/a.pem"])
    #expect(tls.certificates.map(\.key.value) == ["/k/a.key"])
    #expect(tls.minimumVersion == .tls12)
    #expect(tls.clientCertificates == nil)
    #expect(tls.isStrictSNI == false)
    #expect(tls.hasTickets)
    #expect(tls.hsts == nil)
  }

  static let whole = """
    { "certificates": [{ "certificate": "rsa.pem", "key": "rsa.key" }, { "certificate": "ec.pem", "key": "ec.key" }],
      "min_version": "1.3", "strict_sni": true, "tickets": false, "hsts": "365d",
      "client_certificates": { "ca": "ca.pem", "mode": "optional", "crl": "crl.pem" } }
    """

  @Test func `every key of TLS is read, of the admin listener too`() throws {
    let gateway = try load(
      listen: #"{ "address": "unix:s", "tls": \#(Self.whole) }"#,
      #""admin": { "listen": "127.0.0.1:9090", "tls": \#(Self.whole) }, "limits": { "handshake_timeout": "3s" },"#)
    for tls in [try #require(gateway.listeners.first?.tls), try #require(gateway.admin?.tls)] {
      #expect(tls.certificates.map(\.certificate.value) == ["/etc/g/rsa.pem", "/etc/g/ec.pem"])
      #expect(tls.certificates.map(\.key.value) == ["/etc/g/rsa.key", "/etc/g/ec.key"])
      #expect(tls.minimumVersion == .tls13)
      #expect(tls.isStrictSNI)
      #expect(tls.hasTickets == false)
      #expect(tls.hsts == .seconds(365 * 86_400))
      let clients = try #require(tls.clientCertificates)
      #expect(clients.ca.value == "/etc/g/ca.pem")
      #expect(clients.mode == .optional)
      #expect(clients.crl?.value == "/etc/g/crl.pem")
    }
    #expect(gateway.limits.handshakeTimeout == .seconds(3))
  }

  @Test(arguments: [
    "{}", #"{ "certificates": [] }"#, #"{ "certificates": [{ "certificate": "c" }] }"#, #"{ "acme": {} }"#,
  ])
  func `of TLS without a certificate nothing is kept, even for a look at the rest`(tls: String) throws {
    let text =
      #"{ "listen": [{ "address": "a:1", "tls": \#(tls) }], "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }"#
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    #expect(result.configuration == nil)
    let draft = try #require(result.draft)
    #expect(draft.listeners.first?.tls == nil)
  }

  @Test func `a client's certificate is required unless it is said to be optional`() throws {
    let gateway = try load(
      listen: """
        { "address": "a:1", "tls": { "certificates": [{ "certificate": "a", "key": "b" }], "hsts": "0s",
          "client_certificates": { "ca": "ca.pem" } } }
        """)
    let tls = try #require(gateway.listeners.first?.tls)
    #expect(tls.clientCertificates?.mode == .required)
    #expect(tls.hsts == .zero)
  }

  @Test(arguments: [("https", 443), ("https:443", 443), ("https:8443", 8443)] as [(String, UInt16)])
  func `a redirect names a port, or means the usual one`(text: String, port: UInt16) throws {
    let gateway = try load(listen: #"{ "address": "a:80", "redirect": "\#(text)", "http2": false }"#)
    #expect(gateway.listeners.first?.redirect == ListenerRedirect(port: port))
    #expect(gateway.listeners.first?.isHTTP2Enabled == false)
  }

  @Test func `PROXY headers are asked of every peer, or of networks alone`() throws {
    let gateway = try load(
      listen: """
        { "address": "127.0.0.1:1", "proxy_protocol": true }, { "address": "a:2", "proxy_protocol": ["10.0.0.0/8", "::1"] },
        { "address": "a:3", "proxy_protocol": false }
        """)
    #expect(gateway.listeners.map { $0.proxyProtocol == nil } == [false, false, true])
    #expect(gateway.listeners[0].proxyProtocol?.networks == nil)
    #expect(gateway.listeners[1].proxyProtocol?.networks?.map(\.description) == ["10.0.0.0/8", "::1/128"])
  }

  func upstream(_ keys: String) throws -> UpstreamConfiguration {
    try #require(load(listen: "\"a:1\"", #""upstreams": { "u": { \#(keys) } },"#).upstreams.first)
  }

  @Test(arguments: ["true", "{}"]) func `TLS to upstreams verifies unless it is told not to`(value: String) throws {
    let upstream = try upstream(#""servers": ["a.example:443"], "protocol": "http1", "tls": \#(value)"#)
    let tls = try #require(upstream.tls)
    #expect(tls.serverName == nil)
    #expect(tls.authorities == nil)
    #expect(tls.certificate == nil)
    #expect(tls.verifies)
    #expect(tls.minimumVersion == .tls12)
  }

  @Test func `every key of an upstream's TLS is read`() throws {
    let tls = try #require(
      upstream(
        """
        "servers": ["unix:s"], "tls": { "server_name": "App.Internal", "ca": "ca.pem", "certificate": "c.pem", "key": "c.key",
          "verify": false, "min_version": "1.3" }
        """
      ).tls)
    #expect(tls.serverName?.value == "app.internal")
    #expect(tls.authorities?.value == "/etc/g/ca.pem")
    #expect(tls.certificate?.certificate.value == "/etc/g/c.pem")
    #expect(tls.certificate?.key.value == "/etc/g/c.key")
    #expect(tls.verifies == false)
    #expect(tls.minimumVersion == .tls13)
  }

  @Test(arguments: [("10.0.0.1", "10.0.0.1"), ("0:0::1", "::1"), ("a.example", "a.example")])
  func `a server is named by its host or its address`(text: String, name: String) throws {
    let upstream = try upstream(#""servers": ["a:1"], "tls": { "server_name": "\#(text)" }"#)
    #expect(upstream.tls?.serverName?.value == name)
  }

  @Test func `false is no TLS`() throws {
    #expect(try upstream(#""servers": ["unix:s"], "tls": false"#).tls == nil)
  }
}
