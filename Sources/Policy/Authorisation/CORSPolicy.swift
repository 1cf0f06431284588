import Bytes
import Configuration
import HTTP

/// The CORS rules of a route (Fetch §3.2), as ready field lines.
struct CORSPolicy: Sendable {
  /// The origins listed by name; nil for any origin.
  private let origins: [[UInt8]]?
  /// The origins listed by what they lie below.
  private let patterns: [OriginPattern]
  /// The fields for each of the origins; for any origin, one block.
  private let grants: [FieldBlock]
  /// The fields that follow every origin's name.
  private let grantTail: FieldBlock
  /// The fields for all other origins, and for requests without one: they tell caches that the answer depends on the origin.
  private let refusal: FieldBlock
  /// The further fields of an answer to a preflight.
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

  /// The CORS fields of the answer to this request.
  func grant(for head: borrowing RequestHead) -> FieldBlock { granted(to: head) ?? refusal }

  /// True if the page that sent the request may read the answer.
  func grants(_ head: borrowing RequestHead) -> Bool { granted(to: head) != nil }

  /// The fields of the answer to a preflight for that method; without any of CORS for an origin that is not listed.
  func preflightFields(for head: borrowing RequestHead, method: Method) -> FieldBlock {
    guard var fields = granted(to: head) else { return refusal }
    // A method is a token, so it is a field value.
    _ = fields.append(name: "Access-Control-Allow-Methods", value: methods ?? method.text)
    fields.append(preflight)
    return fields
  }

  /// True if the origin is listed, by its name or by one that it lies below; `*` lists none.
  func lists(_ origin: Span<UInt8>) -> Bool {
    guard let origins else { return false }
    return origins.contains { origin.equals($0.span) } || isBelow(origin)
  }

  private func isBelow(_ origin: Span<UInt8>) -> Bool {
    for pattern in patterns where pattern.covers(origin) { return true }
    return false
  }

  /// The fields for the request's origin; nil if it is not listed.
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
