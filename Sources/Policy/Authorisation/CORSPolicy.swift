import Bytes
import Configuration
import HTTP

/// Which pages of other origins a browser lets read a route's answers (Fetch §3.2), as ready field lines.
struct CORSPolicy: Sendable {
  /// Nil for any origin.
  private let origins: [[UInt8]]?
  /// What each of the origins gets; for any origin, one.
  private let grants: [FieldBlock]
  /// What all other origins get, and requests without one: the word to caches that the answer depends on the origin.
  private let refusal: FieldBlock
  /// What a preflight is told beside that.
  private let preflight: FieldBlock
  /// Nil where the route takes any method: then the one asked for is named.
  private let methods: String?

  init(_ configuration: CORSConfiguration, methods routeMethods: [Method]?) throws(InvalidField) {
    var names = ["*"]
    switch configuration.origins {
    case .any: origins = nil
    case .listed(let listed):
      names = listed
      origins = names.map { Array($0.utf8) }
    }
    var grants: [FieldBlock] = []
    for name in names { grants.append(try Self.grant(name, configuration)) }
    self.grants = grants
    refusal = try FieldBlock([("Vary", "Origin")])
    methods = (configuration.methods ?? routeMethods)?.map(\.text).joined(separator: ", ")
    var lines: [(String, String)] = []
    if !configuration.headers.isEmpty {
      lines.append(("Access-Control-Allow-Headers", configuration.headers.joined(separator: ", ")))
    }
    if let maxAge = configuration.maxAge { lines.append(("Access-Control-Max-Age", "\(maxAge.components.seconds)")) }
    preflight = try FieldBlock(lines)
  }

  private static func grant(_ origin: String, _ configuration: CORSConfiguration) throws(InvalidField) -> FieldBlock {
    var lines = [("Access-Control-Allow-Origin", origin)]
    if configuration.credentials { lines.append(("Access-Control-Allow-Credentials", "true")) }
    if !configuration.expose.isEmpty {
      lines.append(("Access-Control-Expose-Headers", configuration.expose.joined(separator: ", ")))
    }
    return try FieldBlock(lines + [("Vary", "Origin")])
  }

  /// What the answer to this request says to browsers.
  func grant(for head: borrowing RequestHead) -> FieldBlock {
    grantIndex(for: head).map { grants[$0] } ?? refusal
  }

  /// Whether the page that sent the request may read the answer.
  func grants(_ head: borrowing RequestHead) -> Bool { grantIndex(for: head) != nil }

  /// What the answer to a preflight for that method says; nothing about CORS to an origin that is not listed.
  func preflightFields(for head: borrowing RequestHead, method: Method) -> FieldBlock {
    guard let index = grantIndex(for: head) else { return refusal }
    var fields = grants[index]
    // A method is a token, so it is a field value.
    _ = fields.append(name: "Access-Control-Allow-Methods", value: methods ?? method.text)
    fields.append(preflight)
    return fields
  }

  /// Whether the origin is listed by name; `*` lists nobody.
  func lists(_ origin: Span<UInt8>) -> Bool {
    origins?.contains { origin.equals($0.span) } ?? false
  }

  private func grantIndex(for head: borrowing RequestHead) -> Int? {
    guard let origins else { return 0 }
    guard let line = try? head.fields.single(.origin) else { return nil }
    let origin = head.fields.value(at: line)
    return origins.firstIndex { $0.span.equals(origin) }
  }
}
