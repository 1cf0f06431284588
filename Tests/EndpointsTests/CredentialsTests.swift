import Policy
import Testing

@testable import Endpoints

/// The bodies of `/register` and `/login`.
@Suite struct CredentialsTests {
  @Test func `a name and a password are read as they were sent, whatever stands beside them`() throws {
    let credentials = try Credentials(
      Array(#" {"x": [1e300], "password": "a\u0000\u00e9 ", "username": "\u0041b"} "#.utf8).span)
    #expect(credentials.username == "Ab")
    #expect(Array(credentials.password.utf8) == [0x61, 0, 0xC3, 0xA9, 0x20])
  }

  @Test(
    arguments: [
      ("", "The body is not JSON: "),
      ("{} {}", "The body is not JSON: "),
      (#"{"username":"a","username":"a","password":"b"}"#, "The body is not JSON: "),
      ("[]", "The body must be a JSON object, not a list."),
      ("{}", "The body has no 'username'."),
      (#"{"Username":"a"}"#, "The body has no 'username'."),
      (#"{"username":"a"}"#, "The body has no 'password'."),
      (#"{"username":true,"password":"b"}"#, "'username' must be a string, not true."),
      (#"{"username":"a","password":["b"]}"#, "'password' must be a string, not a list."),
    ])
  func `what is wrong with a body is said in words`(body: String, beginning: String) {
    do throws(BodyRefusal) {
      _ = try Credentials(Array(body.utf8).span)
      Issue.record("taken")
    } catch {
      #expect(error.reason == .invalidBody)
      #expect(error.details?.hasPrefix(beginning) == true)
    }
  }
}
