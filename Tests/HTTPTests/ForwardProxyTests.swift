import HTTP
import Testing

@Suite struct `Proxies of the environment` {
  func proxies(_ environment: [String: String]) throws -> ForwardProxies {
    try ForwardProxies(environment: environment)
  }

  func name(_ environment: [String: String], for url: String) throws -> String? {
    try proxies(environment).proxy(for: try HTTPURL(url))?.name
  }

  @Test func `each scheme has its own`() throws {
    let environment = ["HTTPS_PROXY": "http://one.test:3128", "HTTP_PROXY": "two.test:8080"]
    #expect(try name(environment, for: "https://a.test/") == "one.test:3128")
    #expect(try name(environment, for: "http://a.test/") == "two.test:8080")
    #expect(try name(["HTTPS_PROXY": "one.test"], for: "http://a.test/") == nil)
    #expect(try name(["HTTP_PROXY": "one.test"], for: "https://a.test/") == nil)
    #expect(try name([:], for: "https://a.test/") == nil)
    #expect(try name(["ALL_PROXY": "one.test"], for: "https://a.test/") == nil)
  }

  @Test(
    arguments: [
      (["https_proxy": "low.test"], "low.test"), (["https_proxy": "low.test", "HTTPS_PROXY": "up.test"], "low.test"),
      (["https_proxy": "", "HTTPS_PROXY": "up.test"], "up.test"), (["HTTPS_PROXY": ""], nil),
      (["Https_Proxy": "x.test"], nil),
      (["HTTPS_PROXY": "up.test", "no_proxy": "", "NO_PROXY": "a.test"], nil),
      (["HTTPS_PROXY": "up.test", "no_proxy": "b.test", "NO_PROXY": "a.test"], "up.test"),
    ] as [([String: String], String?)])
  func `a name in lower case comes first, and what is empty is none`(
    environment: [String: String], expected: String?
  ) throws {
    #expect(try name(environment, for: "https://a.test/") == expected)
  }

  @Test(
    arguments: [
      ("proxy.test", "proxy.test", 80, nil), ("proxy.test:3128/", "proxy.test", 3128, nil),
      ("HTTP://Proxy.Test:3128", "proxy.test", 3128, nil), ("http://[::1]:3128", "::1", 3128, nil),
      ("http://192.0.2.1", "192.0.2.1", 80, nil),
      ("http://Aladdin:open%20sesame@proxy.test", "proxy.test", 80, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
      ("me@proxy.test:1", "proxy.test", 1, "Basic bWU6"), ("http://me:@proxy.test", "proxy.test", 80, "Basic bWU6"),
      ("http://a%3Ab:c%40d@proxy.test", "proxy.test", 80, "Basic YTpiOmNAZA=="),
      ("http://a:b@c@proxy.test", "proxy.test", 80, "Basic YTpiQGM="),
    ] as [(String, String, UInt16, String?)])
  func `a proxy is a host with or without a scheme, a port and a user`(
    text: String, host: String, port: UInt16, authorization: String?
  ) throws {
    let proxy = try #require(try proxies(["https_proxy": text]).proxy(for: try HTTPURL("https://a.test/")))
    #expect((proxy.host, proxy.port, proxy.authorization) == (host, port, authorization))
    #expect(!proxy.name.contains("@"))
  }

  @Test(arguments: [
    "https://proxy.test", "socks5://proxy.test:1080", "://x", "http://", "http://proxy.test/path", "proxy.test?x",
    "proxy.test#x", "proxy test", "proxy.test:99999", "proxy.test:x", "http://me:s3cret@",
    "http://me:s3cret%@proxy.test",
    "http://me:s3cret%4@proxy.test", "http://me:s3cret%zz@proxy.test", "http://me:s3cret@pro xy", "me:s3cret@[::1",
    "http://me:s3cret@proxy.test:x", "proxy.test\r\nX: y",
  ])
  func `what is no proxy is refused, and its password not told`(text: String) throws {
    let fault = #expect(throws: ForwardProxyFault.self) { try proxies(["HTTPS_PROXY": text]) }
    #expect(fault?.text.hasPrefix("the environment variable HTTPS_PROXY can't be used") == true)
    #expect(fault?.text.contains("s3cret") == false)
  }

  static let exceptions: [(String, String, Bool)] = [
    ("*", "https://a.test/", true), ("a.test", "https://a.test/", true), ("A.Test", "https://a.test/", true),
    ("a.test", "https://b.a.test/", true), ("a.test", "https://ba.test/", false),
    ("b.a.test", "https://a.test/", false),
    (".a.test", "https://b.a.test/", true), (".a.test", "https://a.test/", true),
    ("*.a.test", "https://b.a.test/", true),
    (".a.test", "https://ba.test/", false), ("a.test.", "https://a.test/", true), ("a.test", "https://a.test./", true),
    ("a.test:443", "https://a.test/", true), ("a.test:8443", "https://a.test/", false),
    ("a.test:8443", "https://a.test:8443/", true), ("127.0.0.1", "https://127.0.0.1/", true),
    ("127.0.0.1", "https://127.0.0.2/", false), ("127.0.0.1:443", "https://127.0.0.1/", true),
    ("127.0.0.1:444", "https://127.0.0.1/", false), ("127.0.0.0/8", "https://127.9.9.9/", true),
    ("10.0.0.0/8", "https://127.0.0.1/", false), ("10.0.0.0/8", "https://a.test/", false),
    ("::1", "https://[::1]/", true), ("[::1]", "https://[::1]/", true), ("[::1]:443", "https://[::1]/", true),
    ("[::1]:1", "https://[::1]/", false), ("2001:db8::/32", "https://[2001:db8::9]/", true),
    ("0.1", "https://10.0.0.1/", false), ("localhost", "https://127.0.0.1/", false),
    ("x.test, a.test", "https://a.test/", true), ("x.test a.test", "https://a.test/", true),
    (",,a.test,", "https://a.test/", true), (" , ", "https://a.test/", false), ("test", "https://a.test/", true),
  ]

  @Test(arguments: exceptions) func `what NO_PROXY names is asked directly`(
    list: String, url: String, isDirect: Bool
  ) throws {
    #expect(try (name(["HTTPS_PROXY": "proxy.test", "NO_PROXY": list], for: url) == nil) == isDirect)
  }

  @Test(arguments: ["10.0.0.0/33", "10.0.0.1/8", "a/b", "http://a.test", "a..b", "a.test:x", "[::1", "10.*", ".", "*."])
  func `what is no exception is refused`(entry: String) throws {
    let fault = #expect(throws: ForwardProxyFault.self) { try proxies(["no_proxy": "a.test,\(entry)"]) }
    #expect(fault?.text.contains("no_proxy") == true)
    #expect(fault?.text.contains("'\(entry)'") == true)
  }
}
