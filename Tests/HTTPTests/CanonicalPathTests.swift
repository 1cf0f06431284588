import Bytes
import HTTP
import Testing

@Suite struct `The one spelling of a path` {
  private func canonical(_ text: String) throws(PathFault) -> String {
    var output: [UInt8] = []
    _ = try CanonicalPath.append(Array(text.utf8).span, to: &output)
    return output.span.text
  }

  @Test(arguments: [
    ("/", "/"), ("/a", "/a"), ("/a/", "/a/"), ("//", "/"), ("//a//b//", "/a/b/"), ("/.", "/"), ("/./", "/"),
    ("/a/.", "/a/"), ("/a/..", "/"), ("/a/b/..", "/a/"), ("/a/b/../", "/a/"), ("/a/./b", "/a/b"), ("/a/../b", "/b"),
    ("/a//../b", "/b"), ("/a/b/../../c", "/c"), ("/%2e", "/"), ("/a/%2E%2e/b", "/b"), ("/a/.%2e/b", "/b"),
    ("/...", "/..."), ("/.a", "/.a"), ("/..a/b", "/..a/b"), ("/%41%5a", "/AZ"), ("/a%2fb", "/a%2Fb"), ("/%7e", "/~"),
    ("/%20", "/%20"), ("/a;b", "/a;b"), ("/a%3bb", "/a%3Bb"), ("/a;b/../c", "/c"), ("/%25", "/%25"),
    ("/%25g0", "/%25g0"),
    ("/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="), ("/{id}", "/%7Bid%7D"), ("/%7bid%7d", "/%7Bid%7D"),
    ("/%ff%80", "/%FF%80"), ("/%c0", "/%C0"), ("/%c0a%af", "/%C0a%AF"), ("/%c3%a9", "/%C3%A9"),
    ("/%e0%a0%80", "/%E0%A0%80"),
    ("/%f0%90%80%80", "/%F0%90%80%80"), ("/a%3fb", "/a%3Fb"), ("/a%23b", "/a%23b"),
  ])
  func `is reached from every other`(_ text: String, _ expected: String) throws {
    #expect(try canonical(text) == expected)
    #expect(try canonical(expected) == expected)
    let isCanonical = CanonicalPath.isCanonical(Array(text.utf8).span)
    #expect(isCanonical == (text == expected))
  }

  @Test(arguments: [
    ("", PathFault.notAbsolute), ("a", .notAbsolute), ("*", .notAbsolute), ("/%", .malformedEscape),
    ("/%4", .malformedEscape), ("/%4/1", .malformedEscape), ("/%g1", .malformedEscape), ("/a\\b", .backslash),
    ("/a%5Cb", .backslash), ("/a%5cb", .backslash), ("/a b", .forbiddenOctet), ("/a#b", .forbiddenOctet),
    ("/a?b", .forbiddenOctet), ("/a\u{1}", .forbiddenOctet), ("/a\u{7F}", .forbiddenOctet), ("/é", .forbiddenOctet),
    ("/%00", .encodedControl), ("/%0d%0a", .encodedControl), ("/%1F", .encodedControl), ("/%7f", .encodedControl),
    ("/%2541", .doubleEncoding), ("/%252e", .doubleEncoding), ("/%25%34%31", .doubleEncoding),
    ("/%254%31", .doubleEncoding), ("/..", .aboveRoot), ("/a/../..", .aboveRoot), ("/%2e%2e/x", .aboveRoot),
    ("//..", .aboveRoot), ("/..;", .dotSegmentParameters), ("/a/.;x/b", .dotSegmentParameters),
    ("/a/..%3Bx/b", .dotSegmentParameters), ("/a/%2e%2e;/b", .dotSegmentParameters),
    ("/a/..%2Fb", .encodedSlashTraversal), ("/a/b%2F..", .encodedSlashTraversal),
    ("/a/b%2f.%2fc", .encodedSlashTraversal), ("/a/b%2f..;x", .encodedSlashTraversal),
    ("/a/..%3Fb", .dotSegmentParameters), ("/a/%2e%23/b", .dotSegmentParameters), ("/%c0%af", .overlongEncoding),
    ("/a/%C1%9C", .overlongEncoding), ("/%c0%ae%c0%ae/", .overlongEncoding), ("/%e0%80%af", .overlongEncoding),
    ("/%E0%9F%BF", .overlongEncoding), ("/%f0%80%80%af", .overlongEncoding), ("/%f0%8f%bf%bf", .overlongEncoding),
  ])
  func `is not given to what could mean two things`(_ text: String, _ fault: PathFault) {
    #expect(throws: fault) { try canonical(text) }
    let isCanonical = CanonicalPath.isCanonical(Array(text.utf8).span)
    #expect(!isCanonical)
    #expect(!"\(fault.message)".isEmpty)
  }

  @Test(arguments: [
    ("/a", false, false), ("/a%2fb", true, false), ("/a;b", false, true), ("/a%3bb", false, true),
    ("/a;b%2Fc", true, true), ("/a;b/../c", false, false),
    ("/a%3fb", false, true), ("/a/%23b", false, true), ("/a%3fb/../c", false, false),
  ])
  func `shows what wants a second look`(_ text: String, _ encodedSlash: Bool, _ parameters: Bool) throws {
    var output: [UInt8] = []
    let traits = try CanonicalPath.append(Array(text.utf8).span, to: &output)
    #expect(traits.hasEncodedSlash == encodedSlash)
    #expect(traits.hasParameters == parameters)
  }

  @Test(arguments: [
    ("/a;x/b", "/a/b"), ("/a/b;x=1;y", "/a/b"), ("/;x/a", "/a"), ("/a/;x", "/a/"), ("/a%3Bx/b", "/a/b"), ("/a", "/a"),
    ("/a%3Fb/c", "/a"), ("/a/%23b", "/a/"), ("/a;x%3Fb/c", "/a"), ("/a;x/b%23", "/a/b"), ("/a%3F;x/b", "/a"),
  ])
  func `can be read without parameters`(_ text: String, _ expected: String) {
    #expect(CanonicalPath.withoutParameters(Array(text.utf8).span).span.text == expected)
  }

  @Test(arguments: [
    ("", "", "/a/b", "/a/b"), ("/a", "", "/a/b", "/b"), ("/a", "", "/a", "/"), ("/a", "", "/a/", "/"),
    ("/a", "", "/ab", "/ab"), ("/a/", "", "/a/b", "/b"), ("", "/v1", "/a", "/v1/a"), ("", "/v1/", "/", "/v1/"),
    ("/api", "/v1", "/api", "/v1"), ("/api", "/v1", "/api/x", "/v1/x"), ("/api/v2", "/", "/api/v2/x", "/x"),
    ("/", "/v1", "/x", "/v1/x"),
  ])
  func `stays one when a route strips and adds`(_ strip: String, _ add: String, _ path: String, _ expected: String)
    throws
  {
    let rewrite = try TargetRewrite(stripping: strip, adding: add)
    var target = RequestTarget()
    try target.parse(Array(path.utf8).span, method: .get)
    var buffer = ByteBuffer()
    rewrite.write(target, to: &buffer)
    let isSafe = rewrite.isSafe(for: target)
    #expect(isSafe)
    #expect(buffer.text == expected)
    let isCanonical = CanonicalPath.isCanonical(buffer.readable)
    #expect(isCanonical)
  }

  @Test(arguments: ["api", "/a/../..", "/a%2Fb", "/a;b", "/a?b", "/a b"])
  func `is asked of a prefix too`(_ prefix: String) {
    #expect(throws: PathFault.self) { try TargetRewrite(stripping: prefix, adding: "") }
    #expect(throws: PathFault.self) { try TargetRewrite(stripping: "", adding: prefix) }
  }
}
