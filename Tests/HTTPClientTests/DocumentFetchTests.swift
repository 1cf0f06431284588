import Dispatch
import HTTP
import TestSupport
import Testing
import Transport

@testable import HTTPClient

@Suite struct `The fetch of a document` {
  static let ok = "HTTP/1.1 200 OK\r\n"

  /// Fetches `/keys` of a server.
  ///
  /// - Parameter patience: the time until the deadline, in milliseconds.
  func fetch(
    from server: ScriptedServer, through proxies: ForwardProxies = ForwardProxies(), patience: Int64 = 10_000
  ) async throws -> Result<DocumentFetch.Document, FetchFailure> {
    try await get("http://127.0.0.1:\(server.port)/keys?a=b", through: proxies, patience: patience)
  }

  func get(
    _ text: String, through proxies: ForwardProxies = ForwardProxies(), patience: Int64 = 10_000
  ) async throws -> Result<DocumentFetch.Document, FetchFailure> {
    let url = try HTTPURL(text)
    let loop = try EventLoop()
    let resolver = try NameResolver()
    try Transport.Thread.start(name: "loop") { loop.run() }
    defer { loop.stop() }
    return await Task(executorPreference: loop) {
      let fetch = DocumentFetch(
        loop: loop, resolver: resolver, authorities: nil, proxies: proxies,
        deadline: .current().advanced(byNanoseconds: patience * 1_000_000), accept: "application/json")
      do throws(FetchFailure) {
        return .success(try await fetch.get(url))
      } catch {
        return .failure(error)
      }
    }.value
  }

  static func text(_ result: Result<DocumentFetch.Document, FetchFailure>) -> String {
    switch result {
    case .success(let document): String(decoding: document.bytes, as: UTF8.self)
    case .failure(let failure): "\(failure)"
    }
  }

  @Test func `asks for the document alone, uncompressed, on a connection of its own`() async throws {
    let server = try ScriptedServer { _ in [Self.ok, "Content-Length: 2\r\n\r\nok"] }
    let port = server.port
    #expect(Self.text(try await fetch(from: server)) == "ok")
    #expect(
      server.requests == [
        "GET /keys?a=b HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUser-Agent: portcullis\r\nAccept: application/json\r\n"
          + "Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
      ])
  }

  @Test(
    arguments: [
      (["Content-Length: 5\r\n\r\nhello"], "hello"),
      (["Content-Length: 5\r\n", "\r\nhe", "llo"], "hello"),
      (["Content-Length: 0\r\n\r\n"], ""),
      (["\r\nup to the end"], "up to the end"),
      (["Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"], "hello"),
      (["Transfer-Encoding: chunked\r\n\r\n5\r\nhel", "lo\r\n0\r\nX-Trailer: 1\r\n\r\n"], "hello"),
      (["Content-Encoding: identity\r\nContent-Length: 2\r\n\r\nok"], "ok"),
    ] as [([String], String)]) func `takes a whole body, however it is framed`(pieces: [String], body: String)
    async throws
  {
    let server = try ScriptedServer { _ in [Self.ok] + pieces }
    #expect(Self.text(try await fetch(from: server)) == body)
  }

  @Test(
    arguments: [
      (["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"], .brokenOff),
      (["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"], .brokenOff),
      (["HTTP/1.1 200 OK\r\nContent-"], .brokenOff),
      ([], .brokenOff),
      (["HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"], .tooLarge),
      (["HTTP/1.1 200 OK\r\n\r\n", String(repeating: "x", count: 1 << 20), "x"], .tooLarge),
      (["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"], .malformed("malformed_chunk_size")),
      (["HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"], .malformed("malformed_content_length")),
      (["nonsense\r\n\r\n"], .malformed("malformed_status_line")),
      (["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"], .status(404)),
      (["HTTP/1.1 204 No Content\r\n\r\n"], .status(204)),
      (["HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"], .encoded),
      (["HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"], .redirectNowhere),
      (["HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n"], .redirectNowhere),
      (["HTTP/1.1 302 Found\r\nLocation: ftp://a/b\r\n\r\n"], .redirectMalformed(.scheme)),
    ] as [([String], FetchFailure)])
  func `takes nothing that is incomplete, malformed or something else`(
    pieces: [String], failure: FetchFailure
  ) async throws {
    let server = try ScriptedServer { _ in pieces }
    #expect(Self.text(try await fetch(from: server)) == "\(failure)")
  }

  @Test(arguments: [(0, "ok"), (8, "ok"), (9, "malformed(\"interim_responses\")")])
  func `passes over interim responses, eight at most`(count: Int, outcome: String) async throws {
    let interim = String(repeating: "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", count: count)
    let server = try ScriptedServer { _ in [interim, Self.ok, "Content-Length: 2\r\n\r\nok"] }
    #expect(Self.text(try await fetch(from: server)) == outcome)
  }

  @Test(arguments: [(3, "ok"), (4, "tooManyRedirects")])
  func `follows three redirects`(count: Int, outcome: String) async throws {
    let server = try ScriptedServer { head in
      let hops = head.prefix { $0 != "?" }.count { $0 == "z" }
      if hops < count { return ["HTTP/1.1 302 Found\r\nLocation: /\(String(repeating: "z", count: hops + 1))\r\n\r\n"] }
      return [Self.ok, "Content-Length: 2\r\n\r\nok"]
    }
    let result = try await fetch(from: server)
    #expect(Self.text(result) == outcome)
    #expect(server.requests.count == 4)
    if case .success(let document) = result { #expect(document.url.target == "/zzz") }
  }

  @Test(
    arguments: [
      ("Cache-Control: max-age=60\r\n", 60), ("Cache-Control: no-store\r\n", 0), ("", nil),
    ] as [(String, Int64?)]) func `tells how long the document is fresh`(fields: String, lifetime: Int64?) async throws
  {
    let server = try ScriptedServer { _ in [Self.ok, fields, "Content-Length: 0\r\n\r\n"] }
    #expect(try await fetch(from: server).get().lifetime == lifetime)
  }

  @Test func `ends at its deadline, wherever it is`() async throws {
    let release = DispatchSemaphore(value: 0)
    let server = try ScriptedServer { _ in
      release.wait()
      return []
    }
    #expect(Self.text(try await fetch(from: server, patience: 50)) == "timedOut")
    release.signal()
  }

  @Test func `goes through a proxy with the whole URL, and names the proxy where that fails`() async throws {
    let proxy = try ScriptedServer { head in
      head.contains("/refused")
        ? ["HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"] : [Self.ok, "Content-Length: 2\r\n\r\nok"]
    }
    let proxies = try ForwardProxies(environment: ["http_proxy": "http://u:p@127.0.0.1:\(proxy.port)"])
    #expect(Self.text(try await get("http://keys.test:81/a", through: proxies)) == "ok")
    let head = try #require(proxy.requests.first)
    #expect(
      head.hasPrefix("GET http://keys.test:81/a HTTP/1.1\r\nHost: keys.test:81\r\nProxy-Authorization: Basic dTpw\r\n"))
    #expect(Self.text(try await get("http://keys.test/refused", through: proxies)) == "status(403)")
  }

  @Test func `opens a tunnel for https, and gives up where the proxy refuses`() async throws {
    let proxy = try ScriptedServer { _ in ["HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"] }
    let proxies = try ForwardProxies(environment: ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
    let result = try await get("https://[2001:db8::1]/a", through: proxies)
    guard case .failure(.proxy(let name, .proxyRefused(407))) = result else {
      Issue.record("\(Self.text(result))")
      return
    }
    #expect(name.contains("\(proxy.port)"))
    #expect(
      proxy.requests.first?.hasPrefix("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n") == true)
  }
}
