import HTTP
import Testing

@Suite struct `URLs` {
  @Test(arguments: [
    ("https://a.example", "https://a.example/"), ("HTTPS://A.Example/B?c=D", "https://a.example/B?c=D"),
    ("http://a.example:80/", "http://a.example/"), ("https://a.example:80/", "https://a.example:80/"),
    ("https://a.example.:443/", "https://a.example/"),
    ("https://[2001:DB8::0:1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ("http://127.0.0.1?x", "http://127.0.0.1/?x"), ("https://a_b.example/%41;p", "https://a_b.example/%41;p"),
  ])
  func `are read and written in one form`(_ text: String, _ expected: String) throws {
    let url = try HTTPURL(text)
    #expect(url.description == expected)
    #expect(try HTTPURL(expected) == url)
  }

  @Test(arguments: [
    ("", HTTPURLFault.scheme), ("a.example/", .scheme), ("ftp://a/", .scheme), ("https:/a", .scheme),
    ("//a/b", .scheme),
    ("https://", .host), ("https:///x", .host), ("https://a:0/", .host), ("https://a:99999/", .host),
    ("https://a:/", .host),
    ("https://a..b/", .host), ("https://127.1/", .host), ("https://0x7f.1/", .host), ("https://256.1.1.1/", .host),
    ("https://[::1/", .host), ("https://[127.0.0.1]/", .host), ("https://::1/", .host),
    ("https://u@a/", .userInformation), ("https://u:p@a/", .userInformation), ("https://a@b@c/", .userInformation),
    ("https://a/b c", .character), ("https://a/\r\nX: y", .character), ("https://a/é", .character),
    ("https://a/\u{0}", .character), ("https://a/\"", .character), ("https://a\\@b/", .character),
    ("https://a/#b", .fragment), ("https://a#b", .fragment),
  ])
  func `in any other form are refused`(_ text: String, _ expected: HTTPURLFault) {
    #expect(throws: expected) { try HTTPURL(text) }
  }

  @Test(arguments: [
    ("https://b.example/x", "https://b.example/x"), ("http://b.example", "http://b.example/"),
    ("//b.example:8443/x", "https://b.example:8443/x"), ("/x?y", "https://a.example/x?y"),
    ("", "https://a.example/p/q?r"),
    ("x", "https://a.example/p/x"), ("?s", "https://a.example/p/q?s"), ("/x#frag", "https://a.example/x"),
    ("../x", "https://a.example/p/../x"),
  ])
  func `lead on to others`(_ location: String, _ expected: String) throws {
    #expect(try HTTPURL("https://a.example/p/q?r").following(location).description == expected)
  }

  @Test(arguments: [
    ("mailto:x", HTTPURLFault.scheme), ("ftp://b/", .scheme), ("javascript:alert(1)", .scheme), ("/a b", .character),
    ("//u@b/", .userInformation), ("//", .host), ("/\r\nHost: b", .character),
  ])
  func `lead on to nothing else`(_ location: String, _ expected: HTTPURLFault) throws {
    let url = try HTTPURL("https://a.example/p/q?r")
    #expect(throws: expected) { try url.following(location) }
  }

  @Test(arguments: [
    ("http://127.0.0.1/", true), ("http://127.9.9.9:1/", true), ("http://[::1]/", true), ("http://localhost/", true),
    ("http://idp.localhost/", true), ("http://localhost.example/", false), ("http://128.0.0.1/", false),
    ("http://[::2]/", false), ("http://[::ffff:127.0.0.1]/", true), ("http://a/", false),
  ])
  func `stay on this machine or leave it`(_ text: String, _ expected: Bool) throws {
    #expect(try HTTPURL(text).isLoopback == expected)
  }
}
