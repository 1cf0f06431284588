import HTTP
import TLS
import Testing
import Transport

@testable import HTTPClient

@Suite(.timeLimit(.minutes(1))) struct `The resolving of names` {
  /// The addresses of a host, or the failure, in words.
  func resolve(_ host: String) async throws -> String {
    let loop = try EventLoop()
    let resolver = try NameResolver()
    try Transport.Thread.start(name: "loop") { loop.run() }
    defer { loop.stop() }
    return await Task(executorPreference: loop) {
      do throws(FetchFailure) {
        let deadline = MonotonicTime.current().advanced(byNanoseconds: 30_000_000_000)
        return try await resolver.addresses(of: host, port: 80, in: loop, until: deadline).map(\.description)
          .joined(separator: " ")
      } catch {
        if case .unresolved(let host, _) = error { return "unresolved \(host)" }
        return "\(error)"
      }
    }.value
  }

  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("no.such.name.invalid", "unresolved no.such.name.invalid"),
  ])
  func `gives every address, with the port, or says which name has none`(host: String, outcome: String) async throws {
    #expect(try await resolve(host) == outcome)
  }

  @Test(
    arguments: [
      (.unresolved(host: "a", "x"), "the host 'a' can't be resolved: x"), (.timedOut, "it took longer than 10 s"),
      (.proxy("p:1", .proxyRefused(407)), "the proxy 'p:1': it refuses to connect to that server (status 407)"),
      (.tls(.certificate(.unknownAuthority)), "comes from an authority that is not trusted: name it with 'ca'"),
      (.tooLarge, "the answer is larger than 1024 KiB"), (.tooManyRedirects, "more than 3 redirects"),
      (.redirectMalformed(.fragment), "a redirect to a URL that can't be used: "),
    ] as [(FetchFailure, String)]) func `a failure is the end of a sentence`(failure: FetchFailure, text: String)
  {
    #expect(failure.text.contains(text), "\(failure.text)")
  }
}
