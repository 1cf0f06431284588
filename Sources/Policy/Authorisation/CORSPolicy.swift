import Bytes
import Configuration
import HTTP

/// Which pages of other origins a browser lets read a route's answers (Fetch §3.2), as ready field lines.
struct CORSPolicy: Sendable {
  /// Nil for any origin.
  private let origins: [[UInt8]]?
  /// What each of the origins gets; for any origin, one.
  private let grants: [CORSGrant]
  /// What all other origins get, and requests without one: the word to caches that the answer depends on the origin.
  private let refusal = CORSGrant("Vary: Origin\r\n")
  private let preflightFields: [UInt8]
  /// Nil where the route takes any method: then the one asked for is named.
  private let methods: String?

  init(_ configuration: CORSConfiguration, methods routeMethods: [String]?) {
    func grant(_ origin: String) -> CORSGrant {
      var fields = "Access-Control-Allow-Origin: \(origin)\r\n"
      if configuration.credentials { fields += "Access-Control-Allow-Credentials: true\r\n" }
      if !configuration.expose.isEmpty {
        fields += "Access-Control-Expose-Headers: \(configuration.expose.joined(separator: ", "))\r\n"
      }
      return CORSGrant(fields + "Vary: Origin\r\n")
    }
    switch configuration.origins {
    case .any:
      origins = nil
      grants = [grant("*")]
    case .listed(let names):
      origins = names.map { Array($0.utf8) }
      grants = names.map(grant)
    }
    methods = (configuration.methods ?? routeMethods)?.joined(separator: ", ")
    var fields = ""
    if !configuration.headers.isEmpty {
      fields += "Access-Control-Allow-Headers: \(configuration.headers.joined(separator: ", "))\r\n"
    }
    if let maxAge = configuration.maxAge { fields += "Access-Control-Max-Age: \(maxAge.components.seconds)\r\n" }
    preflightFields = Array(fields.utf8)
  }

  /// What the answer to this request says to browsers.
  func grant(for head: borrowing RequestHead) -> CORSGrant {
    guard let origins else { return grants[0] }
    guard let line = try? head.fields.single(.origin) else { return refusal }
    let origin = head.fields.value(at: line)
    for index in origins.indices where origin.equals(origins[index].span) { return grants[index] }
    return refusal
  }

  /// Whether the origin is listed by name; `*` lists nobody.
  func lists(_ origin: Span<UInt8>) -> Bool {
    origins?.contains { origin.equals($0.span) } ?? false
  }

  /// The lines that answer a preflight beside the grant; empty for origins that get none.
  func preflightFields(for preflight: Method, _ grant: CORSGrant) -> [UInt8] {
    if grant === refusal { return [] }
    let allowed = methods ?? preflight.text
    return Array("Access-Control-Allow-Methods: \(allowed)\r\n".utf8) + preflightFields
  }
}

/// The lines of a response that tell a browser who may read it. They stand in for whatever `Access-Control-*` an upstream sent.
package final class CORSGrant: Sendable {
  /// Ready lines, each with its CR LF.
  package let fields: [UInt8]

  init(_ fields: String) { self.fields = Array(fields.utf8) }
}

/// The question of a browser whether a page may send a request (Fetch §4.8).
enum Preflight {
  /// The method that the page wants to use; nil if this is no preflight.
  static func method(of head: borrowing RequestHead) -> Method? {
    guard head.method == .options, head.fields.contains(.origin),
      let line = try? head.fields.single(.accessControlRequestMethod)
    else { return nil }
    return Method(head.fields.value(at: line))
  }
}
