import Bytes
import HTTP

@testable import HTTPClient
@testable import IssuerKeys

/// The statements of a provider of keys: where they are, where to look instead, how long they are fresh.
enum DiscoveryTarget {
  static func read(_ bytes: [UInt8]) {
    guard let base = try? HTTPURL("https://login.example.com/.well-known/openid-configuration?a=b") else {
      return require(false, "a URL is one")
    }
    do throws(DescriptionFault) {
      let description = try ProviderDescription(bytes.span, issuer: Issuing.name, at: base)
      require(description.keySet.scheme == .https, "keys come as safely as their description", shown(bytes))
      check(description.keySet)
    } catch {
      require(!error.text.isEmpty, "whoever is refused is told why")
      require(
        error.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a log has lines", error.text)
    }
    let text = String(decoding: bytes, as: UTF8.self)
    if let url = try? HTTPURL(text) { check(url) }
    if let url = try? base.following(text) { check(url) }
    checkLifetime(bytes)
  }

  /// Checks that an accepted URL can be written as a request, and reads as what was meant.
  private static func check(_ url: HTTPURL) {
    require((try? HTTPURL(url.description)) == url, "a URL is written as it reads", url.description)
    require((try? url.following(url.description)) == url, "a URL leads to itself", url.description)
    let request = "GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\n\r\n"
    require(request.utf8.count { $0 == 10 } == 3, "a URL ends no line", request)
    var head = RequestHead()
    let reading = RequestReading(Array(request.utf8), limits: RequestHeadTarget.wide, into: &head)
    // The gateway itself would refuse some paths; none for how the request is written.
    switch reading.outcome {
    case .complete(let count): require(count == request.utf8.count, "a request is one head", request)
    case .rejected(.ambiguousPath): break
    case .needsMore, .rejected: require(false, "a request is one head", "\(reading.outcome) \(request)")
    }
  }

  private static func checkLifetime(_ bytes: [UInt8]) {
    var head = ResponseHead()
    var parser = ResponseHeadParser()
    let text = Array("HTTP/1.1 200 OK\r\nAge: 1\r\nCache-Control: ".utf8) + bytes + Array("\r\n\r\n".utf8)
    guard case .complete = parser.parse(text.span, requestMethod: .get, into: &head) else { return }
    guard let seconds = CacheLifetime.seconds(of: head.fields) else { return }
    require((0...(1 << 31)).contains(seconds), "a lifetime has bounds", shown(bytes))
    let value = head.fields.first(named: Array("cache-control".utf8).span).map { head.fields.value(at: $0).text }
    if value?.lowercased() == "no-store" { require(seconds == 0, "what is not to be kept is not") }
  }
}
