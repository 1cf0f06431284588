import Bytes
import Configuration
import HTTP

/// Which pages of other origins a browser lets read a route's answers (Fetch §3.2), as ready field lines.
struct CORSPolicy: Sendable {
  /// The origins listed by name; nil for any origin.
  private let origins: [[UInt8]]?
  /// The origins listed by what they lie below.
  private let patterns: [OriginPattern]
  /// What each of the origins gets; for any origin, one.
  private let grants: [FieldBlock]
  /// What every origin gets behind its name.
  private let grantTail: FieldBlock
  /// What all other origins get, and requests without one: the word to caches that the answer depends on the origin.
  private let refusal: FieldBlock
  /// What a preflight is told beside that.
  private let preflight: FieldBlock
  /// Nil where the route takes any method: then the one asked for is named.
  private let methods: String?

  init(_ configuration: CORSConfiguration, methods routeMethods: [Method]?) throws(InvalidField) {
    var names = ["*"]
    switch configuration.origins {
    case .any:
      origins = nil
      patterns = []
    case .listed(let listed):
      patterns = listed.compactMap { OriginPattern($0) }
      names = listed.filter { OriginPattern($0) == nil }
      origins = names.map { Array($0.utf8) }
    }
    let tail = try FieldBlock(Self.grantTail(configuration))
    grantTail = tail
    var grants: [FieldBlock] = []
    for name in names {
      var grant = try FieldBlock([(Self.allowOrigin, name)])
      grant.append(tail)
      grants.append(grant)
    }
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

  private static let allowOrigin = "Access-Control-Allow-Origin"

  private static func grantTail(_ configuration: CORSConfiguration) -> [(String, String)] {
    var lines: [(String, String)] = []
    if configuration.credentials { lines.append(("Access-Control-Allow-Credentials", "true")) }
    if !configuration.expose.isEmpty {
      lines.append(("Access-Control-Expose-Headers", configuration.expose.joined(separator: ", ")))
    }
    return lines + [("Vary", "Origin")]
  }

  /// What the answer to this request says to browsers.
  func grant(for head: borrowing RequestHead) -> FieldBlock { granted(to: head) ?? refusal }

  /// Whether the page that sent the request may read the answer.
  func grants(_ head: borrowing RequestHead) -> Bool { granted(to: head) != nil }

  /// What the answer to a preflight for that method says; nothing about CORS to an origin that is not listed.
  func preflightFields(for head: borrowing RequestHead, method: Method) -> FieldBlock {
    guard var fields = granted(to: head) else { return refusal }
    // A method is a token, so it is a field value.
    _ = fields.append(name: "Access-Control-Allow-Methods", value: methods ?? method.text)
    fields.append(preflight)
    return fields
  }

  /// Whether the origin is listed, by its name or by one that it lies below; `*` lists nobody.
  func lists(_ origin: Span<UInt8>) -> Bool {
    guard let origins else { return false }
    return origins.contains { origin.equals($0.span) } || isBelow(origin)
  }

  private func isBelow(_ origin: Span<UInt8>) -> Bool {
    for pattern in patterns where pattern.covers(origin) { return true }
    return false
  }

  /// What the request's origin gets; nil if it is not listed.
  private func granted(to head: borrowing RequestHead) -> FieldBlock? {
    guard let origins else { return grants[0] }
    guard let line = try? head.fields.single(.origin) else { return nil }
    let origin = head.fields.value(at: line)
    if let index = origins.firstIndex(where: { $0.span.equals(origin) }) { return grants[index] }
    guard isBelow(origin) else { return nil }
    var grant = FieldBlock()
    // What a pattern covers holds nothing that could not stand in a field.
    guard grant.append(name: Array(Self.allowOrigin.utf8).span, value: origin) else { return nil }
    grant.append(grantTail)
    return grant
  }
}
