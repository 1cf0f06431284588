import Foundation
import TLS
import Testing

@Suite struct `Authorities for connections to servers` {
  func write(_ text: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "authorities.\(UUID().uuidString).pem")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  @Test func `are those of the system where none are given`() throws {
    _ = try TLSContext.client()
  }

  @Test func `that are not there are said to be`() {
    #expect(throws: TLSContextError.unreadable("No such file or directory")) {
      try TLSContext.client(authorities: "/nonexistent/ca.pem")
    }
  }

  @Test(arguments: [
    "", "no certificate", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
  ])
  func `that are none are refused`(_ text: String) throws {
    let path = try write(text)
    #expect(throws: TLSContextError.noCertificate) { try TLSContext.client(authorities: path) }
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func `have a text for every error`() {
    for error in [TLSContextError.unreadable("x"), .noCertificate, .unavailable] { #expect(!error.text.isEmpty) }
  }
}
