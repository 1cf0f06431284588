import Bytes

/// The one rule on the fields of an upstream's response on their way to the client.
package enum ResponseFieldRule {
  /// Fields that are never copied: the gateway writes them anew, or they mean nothing behind this hop.
  static var neverCopied: KnownFieldSet { KnownFieldSet.hopByHop.union([.contentLength, .via]) }

  /// Fields in which the gateway answers browsers itself, where the route has CORS.
  static var grants: KnownFieldSet {
    [.accessControl, .accessControlRequestMethod, .accessControlRequestHeaders]
  }

  /// Fields that `Connection` can't name.
  private static var protected: KnownFieldSet { [.date, .setCookie, .wwwAuthenticate] }

  /// Decides about a line that the upstream sent.
  ///
  /// - Parameter replaced: fields of which the gateway has its own.
  package static func disposition(
    ofLine index: Int, in head: borrowing ResponseHead, rules: ResponseRules, replacing replaced: KnownFieldSet = []
  ) -> FieldDisposition {
    let known = head.fields.known(at: index)
    if replaced.contains(known) { return .rewritten }
    let name = head.fields.name(at: index)
    let continued: KnownFieldSet = [.contentLength, .transferEncoding, .via]
    if continued.contains(known) { return .rewritten }
    if neverCopied.contains(known) {
      return head.status == 101 && (known == .connection || known == .upgrade) ? .rewritten : .removed(.hopByHop)
    }
    if rules.replacesCORS, grants.contains(known) { return .removed(.grant) }
    if rules.edits.removed.contains(name, known) { return .removed(.edit) }
    return !protected.contains(known) && head.isNominated(name) ? .removed(.nominated) : .kept
  }
}

extension KnownFieldSet {
  /// The field by which a server tells browsers to use TLS alone (RFC 6797).
  package static var transportSecurity: KnownFieldSet { [.strictTransportSecurity] }
}

/// The one rule on the fields behind a body, in both directions.
package enum TrailerRule {
  /// Decides about a trailer field.
  ///
  /// Fields that frame, route, authenticate or describe a message mean nothing in a trailer, or harm (RFC 9110 §6.5.1). Identity
  /// fields pass in no direction.
  package static func disposition(
    ofLine index: Int, in trailers: borrowing Fields, identity: IdentityFieldNames
  ) -> FieldDisposition {
    let name = trailers.name(at: index)
    if identity.covers(name) { return .removed(.identity) }
    return trailers.known(at: index) != .other || isForbidden(name) ? .removed(.trailer) : .kept
  }

  /// Fields forbidden in trailers beside those that the gateway knows, all of which are.
  private static func isForbidden(_ name: Span<UInt8>) -> Bool {
    name.equalsIgnoringCase("age") || name.equalsIgnoringCase("cache-control")
      || name.equalsIgnoringCase("content-range") || name.equalsIgnoringCase("expires")
      || name.equalsIgnoringCase("max-forwards") || name.equalsIgnoringCase("pragma")
      || name.equalsIgnoringCase("range") || name.equalsIgnoringCase("warning")
  }
}
