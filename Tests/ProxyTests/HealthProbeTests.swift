import Configuration
import HTTP
import TestSupport
import Testing
import Transport

@testable import Proxy

@Suite struct `The request of a health check` {
  static func request(_ check: HealthCheck) -> String {
    String(decoding: HealthProbe.request(check, host: Array("127.0.0.1:80".utf8)), as: UTF8.self)
  }

  @Test func `names the gateway and takes anything`() {
    #expect(
      Self.request(HealthCheck(target: "/healthz?a=b"))
        == "GET /healthz?a=b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nUser-Agent: portcullis\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
  }

  @Test func `has the fields of the configuration, in place of its own where they have the same name`() {
    var check = HealthCheck(target: "/")
    check.headers = [Field(name: "user-AGENT", value: "probe"), Field(name: "X-Probe", value: "a b")]
    #expect(
      Self.request(check)
        == "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAccept: */*\r\nuser-AGENT: probe\r\nX-Probe: a b\r\nConnection: close\r\n\r\n"
    )
  }
}

/// Checks of a server that answers as the test says.
@Suite struct `A health check's answer` {
  /// The status, or the text of the failure.
  func ask(_ address: SocketAddress, patience: Int64 = 10_000) async throws -> String {
    let loop = try EventLoop()
    try Transport.Thread.start(name: "loop") { loop.run() }
    defer { loop.stop() }
    let server = UpstreamServer(name: "s", place: .fixed(address), weight: 1, authority: .localhost)
    return await Task(executorPreference: loop) {
      let probe = HealthProbe(HealthCheck(target: "/up"), of: server, loop: loop)
      let deadline = MonotonicTime.current().advanced(byNanoseconds: patience * 1_000_000)
      do throws(ProbeFailure) { return "\(try await probe.ask(address, until: deadline))" } catch { return error.text }
    }.value
  }

  func loopback(_ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress.literal(host: "127.0.0.1", port: port))
  }

  @Test(arguments: [
    (["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"], "200"),
    (["HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"], "503"),
    (["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 ", "204 No Content\r\n\r\n"], "204"),
    (["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off"], "200"),
    (["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense"], "200"),
    (["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 200_000)], "200"),
    ([], "the connection was closed before a response came"),
    (["HTTP/1.1 200 OK\r\nCont"], "the connection was closed before a response came"),
  ])
  func `is the status of its final head, whatever comes behind that`(pieces: [String], outcome: String) async throws {
    let server = try ScriptedServer { _ in pieces }
    #expect(try await ask(try loopback(server.port)) == outcome)
    #expect(server.requests.first?.hasPrefix("GET /up HTTP/1.1\r\n") == true)
  }

  @Test func `that can't be read is a failure`() async throws {
    let server = try ScriptedServer { _ in ["nonsense\r\n\r\n"] }
    #expect(try await ask(try loopback(server.port)).hasPrefix("the answer is malformed ("))
  }

  @Test func `that does not come in time is a failure`() async throws {
    let listener = try ListeningSocket(try loopback(0))
    #expect(try await ask(listener.address, patience: 50) == "no response came in time")
  }

  @Test func `is none where nobody listens`() async throws {
    var listener: ListeningSocket? = try ListeningSocket(try loopback(0))
    let address = try #require(listener).address
    listener = nil
    #expect(try await ask(address) == "Connection refused")
  }
}
