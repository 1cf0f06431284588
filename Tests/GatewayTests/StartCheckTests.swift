import Configuration
import Foundation
import JSON
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite struct `What would keep the gateway from starting` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The errors and notes about a configuration with these keys; `@` stands for the test's directory.
  private func findings(_ keys: String, listen: String = "unix:@/a.sock") throws -> [String] {
    let text = """
      { "listen": ["\(listen)"], \(keys)
        "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }
      """.replacing("@", with: directory.path)
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let configuration = try #require(result.configuration, "\(result.diagnostics)")
    return StartCheck(configuration).run().map {
      "\($0.severity.rawValue): \($0.message)".replacing(directory.path, with: "@")
    }
  }

  static let accounts = #""accounts": { "store": "sqlite:@/db", "signing": { "secret_file": "@/"#

  @Test(arguments: [
    #""log": { "error": "@/e.log", "access": "@/a.log" },"#, #""pid_file": "@/a.pid","#,
    accounts + #"secret" } },"#, accounts + #"made/secret" } },"#,
  ]) func `nothing, and nothing is made in finding that out`(keys: String) throws {
    #expect(try findings(keys) == [])
    #expect(directory.names == [])
  }

  @Test(arguments: [
    (
      #""log": { "error": "@/none/e.log", "access": "off" },"#,
      "error: the log '@/none/e.log' can't be opened: No such file or directory; its folder must be there"
    ),
    (
      #""pid_file": "@/none/a.pid","#,
      "error: '@/none/a.pid' can't be written: No such file or directory; its folder must be there"
    ),
    (
      accounts + #"a/b/secret" } },"#,
      "error: '@/a/b/secret' can't be made in '@/a': No such file or directory"
    ),
  ]) func `a folder that is missing`(keys: String, finding: String) throws {
    #expect(try findings(keys) == [finding])
    #expect(directory.names == [])
  }

  @Test func `a folder where the pid file is to be`() throws {
    try FileManager.default.createDirectory(atPath: directory("a.pid"), withIntermediateDirectories: false)
    #expect(
      try findings(#""pid_file": "@/a.pid","#) == ["error: '@/a.pid' can't be written: what stands there is no file"])
  }

  @Test(arguments: [
    (
      "192.0.2.1:1",
      "error: can't listen on 192.0.2.1:1: Cannot assign requested address; it is no address of this machine"
    ),
    (
      "unix:@/none/a.sock",
      "error: can't listen on unix:@/none/a.sock: No such file or directory; the folder of '@/none/a.sock' must be there"
    ),
  ]) func `an address that can't be bound`(listen: String, finding: String) throws {
    #expect(try findings("", listen: listen) == [finding])
  }

  @Test func `an address that another program holds`() throws {
    let listener = try ListeningSocket(try #require(SocketAddress.literal(host: "127.0.0.1", port: 0)))
    let port = try #require(listener.address.port)
    #expect(
      try findings("", listen: "127.0.0.1:\(port)") == [
        "error: can't listen on 127.0.0.1:\(port): Address already in use"
      ])
  }
}
